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

use serde::{Deserialize, Serialize};

use catalogue::Script;
use engine::context::Context;
use engine::target::Target;
use engine::trial::Result;
pub(crate) use report::paragraph;
pub use words::Words;

mod args;
pub mod catalogue;
pub mod engine;
pub mod faults;
mod report;
mod words;

pub use args::{CheckArgs, lacks_separator, run};

/// What a check asks for. (The comments of the grades are the help of `--only`.)
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// What the lesson asks: bytes, prompts, lines, the end
    Protocol,
    /// What the lesson's screens show, in Python's notation
    Transcript,
    /// What a hostile or unlucky network does
    Robust,
}

impl Grade {
    /// As it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Protocol => "protocol",
            Self::Transcript => "transcript",
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
    /// Which programs it is for; none, if an exercise has it for itself.
    needs: Option<catalogue::Needs>,
    /// What is done, and what must follow.
    pub sentence: String,
    /// Why it matters, and how a failing program is mended.
    pub hint: Words,
    run: Deed,
}

/// What a check does.
#[derive(Debug)]
enum Deed {
    /// A function of the catalogue.
    Function(fn(&Context) -> Result),
    /// Steps that an exercise wrote down.
    Script(Script),
}

impl Check {
    /// One that an exercise has for itself. It is kept for as long as the tool runs, as those of the catalogue are.
    pub(crate) fn of_exercise(
        name: String,
        grade: Grade,
        sentence: String,
        hint: Words,
        script: Script,
    ) -> &'static Self {
        Box::leak(Box::new(Self {
            name: name.leak(),
            grade,
            needs: None,
            sentence,
            hint,
            run: Deed::Script(script),
        }))
    }

    /// Whether it is for `target`.
    #[must_use]
    pub fn judges(&self, target: &Target) -> bool {
        self.needs.is_some_and(|needs| needs.are_met_by(target))
    }

    /// Whether an exercise has it for itself, and no target has it.
    #[must_use]
    pub fn is_of_an_exercise(&self) -> bool {
        self.needs.is_none()
    }

    /// Does it.
    fn run(&self, context: &Context) -> Result {
        match &self.run {
            Deed::Function(run) => run(context),
            Deed::Script(script) => script.run(context),
        }
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
