//! What an experiment hands back: its steps, what it saw, its verdict.

use common::console;
use serde::Serialize;
use serde_json::Value;

use crate::experiment::lessons::Sentence;
use crate::experiment::screen::Screen;

/// What an experiment says about its claim on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", content = "because", rename_all = "kebab-case")]
pub enum Verdict {
    /// The claim is true here; the text says what showed it.
    HoldsHere(String),
    /// The claim is false here; the text says why.
    DoesNotHoldHere(String),
    /// This machine can't show it; the text says what would be needed.
    CannotBeSeenHere(String),
}

impl Verdict {
    /// `holds_as_claimed` decides between the first text and the second.
    pub(crate) fn decide(holds_as_claimed: bool, holds: &str, fails: &str) -> Self {
        if holds_as_claimed {
            Self::HoldsHere(holds.to_owned())
        } else {
            Self::DoesNotHoldHere(fails.to_owned())
        }
    }
}

/// One experiment, done.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The experiment's name, as it is typed.
    pub name: &'static str,
    /// What is claimed.
    pub claim: &'static str,
    /// The sentences of the lessons that it checks.
    pub lessons: Vec<&'static Sentence>,
    /// What was done, in order.
    pub steps: Vec<String>,
    /// What was seen: the experiment's own structure, serialised; null if nothing was.
    pub seen: Value,
    /// What follows; an error text if the experiment itself broke off.
    #[serde(flatten)]
    pub ending: Ending,
    /// How long it took.
    pub seconds: f64,
    /// What of the kernel's an experiment of more than five seconds waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<&'static str>,
}

/// How an experiment ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Ending {
    /// With a verdict, as it should.
    Judged(Verdict),
    /// With an error of its own: it says nothing about the claim.
    BrokeOff {
        /// What went wrong.
        error: String,
    },
}

/// The steps of an experiment while it runs: numbered, and shown at once if somebody watches.
#[derive(Debug, Default)]
pub struct Steps {
    taken: Vec<String>,
    screen: Option<Screen>,
}

impl Steps {
    /// Steps that are shown as they are taken.
    #[must_use]
    pub(crate) fn on(screen: Screen) -> Self {
        Self {
            taken: Vec::new(),
            screen: Some(screen),
        }
    }

    /// Announces the next step, before it is done.
    pub fn step(&mut self, text: impl Into<String>) {
        let text = text.into();
        let number = self.taken.len() + 1;
        if let Some(screen) = self.screen {
            let label = if number == 1 { "steps" } else { "" };
            // A screen that can't be written to is reported with the heading and the ending.
            let _ = console::print_line(screen.labelled(label, &format!("{number} {text}"), 2));
        }
        self.taken.push(text);
    }

    pub(crate) fn into_taken(self) -> Vec<String> {
        self.taken
    }
}
