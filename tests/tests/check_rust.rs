//! Our Rust programs pass every check.

use lab::pairs::{Language, PAIRS};
use lab::run::executables;
use tests::assert_all_checks_pass;

#[test]
fn the_rust_programs_pass_every_check() {
    let programs: Vec<_> = PAIRS.iter().collect();
    executables::build_all(&programs).unwrap();
    assert_all_checks_pass(Language::Rust);
}
