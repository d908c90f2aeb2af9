//! Our Rust programs pass every check.

use lab::check::engine::judge;
use lab::check::engine::subject::Subject;
use lab::pairs::{Language, PROGRAMS};
use lab::run::executables;

#[test]
fn the_rust_programs_pass_every_check() {
    let programs: Vec<_> = PROGRAMS.iter().collect();
    executables::build_all(&programs).unwrap();
    let failures = judge::failures_of_all(&Subject::Ours(Language::Rust));
    assert!(failures.is_empty(), "{failures:#?}");
}
