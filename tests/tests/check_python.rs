//! Our Python counterparts pass every check.

use lab::pairs::Language;
use tests::{assert_all_checks_pass, python_or_skip};

#[test]
fn the_python_programs_pass_every_check() {
    if python_or_skip("the check of the Python programs") {
        assert_all_checks_pass(Language::Python);
    }
}
