//! The proofs, in `tests/tests`: every program and the tool `cargo lab`, driven as black boxes.
//! Here stands what they share.

use std::sync::LazyLock;

use lab::run::executables::{self, Profile};

/// The path of the tool `lab`, built first if it is not up to date.
///
/// # Panics
///
/// When it does not build.
#[must_use]
pub fn lab() -> &'static str {
    static LAB: LazyLock<String> = LazyLock::new(|| {
        let path = executables::lab(Profile::Debug);
        let path = path.unwrap_or_else(|error| panic!("{error:#}"));
        path.display().to_string()
    });
    &LAB
}
