//! What came of the checks: a table for a person, JSON for a program, JUnit for a grading system.

use std::fmt::Write;

mod json;
mod junit;
mod table;

pub(super) use json::json;
pub(super) use junit::junit;
pub(crate) use table::paragraph;
pub(super) use table::{list, table};

use crate::check::engine::judge::Outcome;
use crate::check::engine::trial::Stop;

/// How much is shown of what went to and fro: the first passages, and the last.
const FIRST: usize = 4;
const LAST: usize = 8;

/// One word for what a check came to.
fn result(outcome: &Outcome) -> &'static str {
    match outcome.verdict {
        Ok(()) => "passed",
        Err(Stop::Failed { .. }) => "failed",
        Err(Stop::Skipped(_)) => "skipped",
        Err(Stop::NotJudged(_)) => "not judged",
    }
}

/// All that a failed check saw, as text: what went to and fro, and how the programs were found.
fn evidence(outcome: &Outcome) -> String {
    let mut text = String::new();
    let last = outcome.passages.len().saturating_sub(LAST);
    for (number, passage) in outcome.passages.iter().enumerate() {
        if number < FIRST || number >= last {
            text.push_str(&passage.to_string());
        } else if number == FIRST {
            text.push_str("...\n");
        }
    }
    for found in &outcome.found {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "the program: {}", found.state);
        for (stream, shown) in [("screen", &found.screen), ("stderr", &found.errors)] {
            if !shown.is_empty() {
                let _ = writeln!(text, "its {stream}:");
                for line in shown.lines() {
                    let _ = writeln!(text, "  {line}");
                }
            }
        }
    }
    text
}
