//! Runs checks, several at a time, and collects what they come to.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::check::engine::context::Context;
use crate::check::engine::subject::Subject;
use crate::check::engine::target::Target;
use crate::check::engine::trial::{Found, Pace, Passage, Result, Stop};
use crate::check::{Check, checks_of};
use crate::run::process::PATIENCE;
use crate::run::workers;

/// What one check of one target came to.
#[derive(Debug)]
pub struct Outcome {
    /// The check.
    pub check: &'static Check,
    /// What came of it.
    pub verdict: Result,
    /// What went to and fro, if it failed.
    pub passages: Vec<Passage>,
    /// How the programs were found at the end, if it failed.
    pub found: Vec<Found>,
    /// How it is mended, in the words of the program's language.
    pub hint: &'static str,
    /// How long it took.
    pub took: Duration,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.check.name)?;
        match &self.verdict {
            Ok(()) => f.write_str("passed"),
            Err(stop) => stop.fmt(f),
        }
    }
}

impl Outcome {
    /// Whether the program did something else than it must.
    #[must_use]
    pub fn failed(&self) -> bool {
        matches!(self.verdict, Err(Stop::Failed { .. }))
    }

    /// Whether the check could not be done here.
    #[must_use]
    pub fn skipped(&self) -> bool {
        matches!(self.verdict, Err(Stop::Skipped(_)))
    }

    /// Why the program could not be judged, if so.
    #[must_use]
    pub fn not_judged(&self) -> Option<&str> {
        match &self.verdict {
            Err(Stop::NotJudged(why)) => Some(why),
            _ => None,
        }
    }
}

/// Which targets are judged, and by which checks.
pub(crate) type Plan = Vec<(Target, Vec<&'static Check>)>;

/// What the checks of one target came to, in the order of the list.
#[derive(Debug)]
pub(crate) struct Judgement {
    /// Who was judged, as which program.
    pub(crate) target: Target,
    /// How a report names the subject.
    pub(crate) subject: String,
    /// One for each check that was done.
    pub(crate) outcomes: Vec<Outcome>,
    /// How many were not done, because the target cannot be judged.
    pub(crate) not_done: usize,
}

/// Does one check.
#[must_use]
pub fn check(check: &'static Check, target: Target, subject: &Subject, pace: Pace) -> Outcome {
    let begun = Instant::now();
    let (verdict, passages, found) = match Context::new(target, subject, pace) {
        Err(stop) => (Err(stop), Vec::new(), Vec::new()),
        Ok(context) => {
            let verdict = check.run(&context);
            let (passages, found) = context.into_notes();
            (verdict, passages, found)
        }
    };
    Outcome {
        check,
        verdict,
        passages,
        found,
        hint: check.hint.to(subject.language()),
        took: begun.elapsed(),
    }
}

/// Does the checks of each target, `at_a_time` of them together, and calls `done` after each. A target that
/// cannot be judged by one check is spared the rest, and one that does not start is told so once: by
/// its first check, which is done before the others.
pub(crate) fn run(
    plan: &Plan,
    subject: &Subject,
    pace: Pace,
    at_a_time: usize,
    done: impl Fn(&Outcome) + Sync,
) -> Vec<Judgement> {
    type Job = (usize, usize, Target, &'static Check);
    let jobs = plan.iter().enumerate().flat_map(|(row, (target, checks))| {
        let job = move |(number, check)| (row, number, *target, check);
        checks.iter().copied().enumerate().map(job)
    });
    let (first, others): (Vec<Job>, Vec<Job>) = jobs.partition(|(_, number, ..)| *number == 0);
    let hopeless: Vec<AtomicBool> = plan.iter().map(|_| AtomicBool::new(false)).collect();
    let mut outcomes = Vec::new();
    for jobs in [first, others] {
        let done = workers::in_parallel(at_a_time, &jobs, |&(row, number, target, a_check)| {
            if hopeless[row].load(Ordering::Relaxed) {
                return None;
            }
            let outcome = check(a_check, target, subject, pace);
            // Several may run at the same time and none be possible: one of them tells.
            if outcome.not_judged().is_some() && hopeless[row].swap(true, Ordering::Relaxed) {
                return None;
            }
            done(&outcome);
            Some((row, number, outcome))
        });
        outcomes.extend(done.into_iter().flatten());
    }
    outcomes.sort_by_key(|(row, number, _)| (*row, *number));
    let mut judgements: Vec<Judgement> = plan
        .iter()
        .map(|(target, checks)| Judgement {
            target: *target,
            subject: subject.name(),
            outcomes: Vec::new(),
            not_done: checks.len(),
        })
        .collect();
    for (row, _, outcome) in outcomes {
        judgements[row].outcomes.push(outcome);
        judgements[row].not_done -= 1;
    }
    judgements
}

/// Does every check of every target and tells what did not pass, which our own programs must: the
/// failures, and what was skipped.
#[must_use]
pub fn shortfalls_of_all(subject: &Subject) -> (Vec<String>, Vec<String>) {
    let plan: Plan = Target::all()
        .map(|target| (target, checks_of(&target)))
        .collect();
    let judgements = run(&plan, subject, Pace::with_patience(PATIENCE), 8, |_| ());
    let (mut failures, mut skipped) = (Vec::new(), Vec::new());
    for judgement in &judgements {
        for outcome in &judgement.outcomes {
            let list = match &outcome.verdict {
                Ok(()) => continue,
                Err(Stop::Skipped(_)) => &mut skipped,
                Err(_) => &mut failures,
            };
            let (target, check) = (judgement.target.name(), outcome.check.name);
            list.push(format!("{target} {check}: {:?}", outcome.verdict));
        }
    }
    (failures, skipped)
}
