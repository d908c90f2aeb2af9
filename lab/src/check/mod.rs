//! `cargo lab check`: one checker for everybody's implementation.
//!
//! A program is judged as a black box: over the wire, at its prompt and by its screen. It may be
//! ours, in Rust or in Python, or anybody's, in any language.
//!
//! | file | subject |
//! |---|---|
//! | `args` | the command line |
//! | [`catalogue`] | the checks themselves, one file a family of programs |
//! | [`faults`] | our Python programs with one mistake each: they prove that the checks can fail |
//! | [`engine`] | what runs a check |
//! | `report` | table, JSON, JUnit |
//!
//! A check is a function over a `Context`. It fails through `?`: every method that
//! waits for the program says by itself what was expected and what happened.

use serde::Serialize;

use engine::context::Context;
use engine::target::Target;
use engine::trial::Result;

mod args;
pub mod catalogue;
pub mod engine;
pub mod faults;
mod report;

pub use args::{CheckArgs, lacks_separator, run};

/// What a check asks for. (The comments of the grades are the help of `--only`.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// What the lesson asks: bytes, prompts, lines, the end
    Protocol,
    /// What a hostile or unlucky network does
    Robust,
}

impl Grade {
    /// As it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Protocol => "protocol",
            Self::Robust => "robust",
        }
    }
}

/// One check.
#[derive(Debug)]
pub struct Check {
    /// Its name, which stays the same: `invalid-utf8`. Two checks of different targets may share one.
    pub name: &'static str,
    /// What its failure means.
    pub grade: Grade,
    /// Which programs it is for.
    needs: catalogue::Needs,
    /// What is done, and what must follow.
    pub sentence: String,
    /// Why it matters, and how a failing program is mended.
    pub hint: String,
    run: fn(&Context) -> Result,
}

impl Check {
    /// Whether it is for `target`.
    #[must_use]
    pub fn judges(&self, target: &Target) -> bool {
        self.needs.are_met_by(target)
    }
}

/// The checks of a target, in the order in which they are done: the protocol first, for what
/// breaks there breaks the rest.
#[must_use]
pub fn checks_of(target: &Target) -> Vec<&'static Check> {
    let mut checks: Vec<_> = catalogue::all()
        .iter()
        .filter(|check| check.judges(target))
        .collect();
    checks.sort_by_key(|check| check.grade);
    checks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_judges_some_target_and_a_targets_checks_have_names_of_their_own() {
        for check in catalogue::all() {
            assert!(
                Target::all().any(|target| check.judges(&target)),
                "{}",
                check.name
            );
        }
        for target in Target::all() {
            let mut names: Vec<_> = checks_of(&target).iter().map(|check| check.name).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{}", target.name());
        }
    }
}
