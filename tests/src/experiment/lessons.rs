//! The book: every checkable sentence of the five lessons, and the experiment that checks it.

use serde::Serialize;

/// A sentence of a lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// The lesson's number, `000` to `004`.
    pub document: &'static str,
    /// What it says, in our own words.
    pub says: &'static str,
    /// The experiment that shows whether it is so.
    #[serde(skip)]
    pub experiment: &'static str,
}

const fn says(document: &'static str, says: &'static str, experiment: &'static str) -> Sentence {
    Sentence {
        document,
        says,
        experiment,
    }
}

/// All of them, in the order in which the lessons say them.
#[rustfmt::skip]
pub static SENTENCES: &[Sentence] = &[
    says("000", "a receive on TCP does not belong to one send", "tcp-sticks"),
];

/// The sentences that an experiment checks.
#[must_use]
pub fn checked_by(experiment: &str) -> Vec<&'static Sentence> {
    SENTENCES
        .iter()
        .filter(|sentence| sentence.experiment == experiment)
        .collect()
}
