//! Our Rust programs pass every check.

use tests::check::judge;
use tests::check::subject::Subject;
use tests::executables;
use tests::programs::{Language, PROGRAMS};

#[test]
fn the_rust_programs_pass_every_check() {
    let programs: Vec<_> = PROGRAMS.iter().collect();
    executables::build_all(&programs).unwrap();
    let failures = judge::failures_of_all(&Subject::Ours(Language::Rust));
    assert!(failures.is_empty(), "{failures:#?}");
}
