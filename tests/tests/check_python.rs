//! Our Python counterparts pass every check.

use lab::check::engine::judge;
use lab::check::engine::subject::Subject;
use lab::pairs::Language;
use lab::run::executables;

#[test]
fn the_python_programs_pass_every_check() {
    if !executables::python_or_skip("the check of the Python programs") {
        return;
    }
    let failures = judge::failures_of_all(&Subject::Ours(Language::Python));
    assert!(failures.is_empty(), "{failures:#?}");
}
