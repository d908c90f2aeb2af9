//! Our Python counterparts pass every check.

use tests::check::judge;
use tests::check::subject::Subject;
use tests::executables;
use tests::programs::Language;

#[test]
fn the_python_programs_pass_every_check() {
    if !executables::python_or_skip("the check of the Python programs") {
        return;
    }
    let failures = judge::failures_of_all(&Subject::Ours(Language::Python));
    assert!(failures.is_empty(), "{failures:#?}");
}
