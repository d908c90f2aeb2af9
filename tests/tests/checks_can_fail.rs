//! Every check can fail: for each there is a program with one small fault that this check catches and tells,
//! and none before it.

#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use lab::check::engine::judge::{self, Outcome};
use lab::check::engine::subject::Subject;
use lab::check::engine::target::Target;
use lab::check::engine::trial::{Pace, Stop};
use lab::check::faults::{FAULTS, Fault};
use lab::check::{Check, catalogue, checks_of};
use tests::lab;

/// For the check that catches the fault: a broken program may never answer, and one that spins
/// does so from the start.
const FAULTY: Pace = Pace {
    patience: Duration::from_secs(5),
    watch: Duration::from_millis(250),
};

/// For a check that must pass: a sound program answers in the end, however busy the machine is.
const SOUND: Pace = Pace {
    patience: Duration::from_secs(20),
    ..FAULTY
};

/// For a check that has not caught its fault yet: on a busy machine it may have given up too early,
/// or looked away too early.
const PATIENT: Pace = Pace {
    watch: Duration::from_secs(2),
    ..SOUND
};

/// The checks that wait for a client to give up.
const OF_TIME_LIMITS: &[&str] = &[
    "no-server",
    "silent-server",
    "stalls-in-mid-file",
    "stops-reading",
    "stranger-prolongs",
];

fn faults() -> impl Iterator<Item = &'static Fault> {
    FAULTS.iter().copied().flatten()
}

fn target(name: &str) -> Target {
    Target::select(&[name.to_owned()]).unwrap()[0]
}

/// The command that runs a broken program for this check. A client gives up where that is what the
/// check is about; elsewhere it waits for ever, as the checker may be slow on a busy machine.
fn broken(target: &str, fault: &str, check: &Check) -> Subject {
    let timeout = if OF_TIME_LIMITS.contains(&check.name) {
        "3"
    } else {
        "0"
    };
    let words = [
        lab(),
        "broken",
        target,
        fault,
        "--port",
        "{port}",
        "--dir",
        "{dir}",
        "--timeout",
        timeout,
    ];
    Subject::Command(words.map(str::to_owned).to_vec())
}

/// Does `jobs`, several at a time, and returns what is wrong.
fn in_parallel<T: Sync>(jobs: &[T], job: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        // Most of them wait most of the time.
        for _ in 0..16 {
            scope.spawn(|| {
                while let Some(one) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // Locked while the job runs, they would wait for one another.
                    let found = job(one);
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    wrong.into_inner().unwrap()
}

/// What a failure says: what was expected, what happened, and how the program was found.
fn told(outcome: &Outcome) -> Option<String> {
    let Err(Stop::Failed { expected, happened }) = &outcome.verdict else {
        return None;
    };
    let mut told = vec![expected.clone(), happened.clone()];
    for found in &outcome.found {
        let (state, errors, screen) = (&found.state, &found.errors, &found.screen);
        told.push(format!("the program: {state}; {errors}; {screen}"));
    }
    Some(told.join("; "))
}

fn describe(target: &str, fault: &str, outcome: &Outcome) -> String {
    format!(
        "{target} with {fault}: {}: {:?}",
        outcome.check.name, outcome.verdict
    )
}

#[test]
fn each_fault_is_told_by_its_check_and_by_none_before_it() {
    let faults: Vec<_> = faults().collect();
    let wrong = in_parallel(&faults, |fault| {
        let judge = |check: &'static Check, pace| {
            let subject = broken(fault.target, fault.name, check);
            judge::check(check, target(fault.target), &subject, pace)
        };
        for check in checks_of(&target(fault.target)) {
            if check.name == fault.caught_by {
                let tells = |outcome: &Outcome| {
                    told(outcome).is_some_and(|failure| fault.is_told_by(&failure))
                };
                let mut outcome = judge(check, FAULTY);
                if !tells(&outcome) {
                    outcome = judge(check, PATIENT);
                }
                if tells(&outcome) {
                    return Vec::new();
                }
                let told = told(&outcome).unwrap_or_else(|| "nothing".to_owned());
                let Fault { target, name, .. } = fault;
                return vec![format!(
                    "{target} with {name}: {} says {told:?}, not {:?}",
                    check.name, fault.says
                )];
            }
            let outcome = judge(check, SOUND);
            if outcome.verdict.is_err() {
                return vec![describe(fault.target, fault.name, &outcome)];
            }
        }
        vec![format!("{} has no check {}", fault.target, fault.caught_by)]
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn without_a_fault_the_tiny_programs_pass_all_checks() {
    let mut names: Vec<_> = faults().map(|fault| fault.target).collect();
    names.sort_unstable();
    names.dedup();
    let jobs: Vec<_> = names
        .iter()
        .flat_map(|name| {
            checks_of(&target(name))
                .into_iter()
                .map(move |check| (*name, check))
        })
        .collect();
    let wrong = in_parallel(&jobs, |(name, check)| {
        let subject = broken(name, "none", check);
        let outcome = judge::check(check, target(name), &subject, SOUND);
        match outcome.verdict {
            Ok(()) => Vec::new(),
            Err(_) => vec![describe(name, "none", &outcome)],
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_check_has_a_fault_that_it_catches() {
    let unproven: Vec<_> = catalogue::all()
        .iter()
        .filter(|check| {
            !faults()
                .any(|fault| fault.caught_by == check.name && check.judges(&target(fault.target)))
        })
        .map(|check| (check.name, &check.sentence))
        .collect();
    assert!(unproven.is_empty(), "{unproven:#?}");
}
