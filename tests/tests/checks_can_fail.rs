//! Every check can fail: for each there is a program with one small fault that this check catches,
//! and none before it.

#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tests::check::broken::{FAULTS, Fault};
use tests::check::judge::{self, Outcome};
use tests::check::subject::Subject;
use tests::check::target::Target;
use tests::check::trial::Pace;
use tests::check::{checks, checks_of};

/// A broken program may never answer, and one that spins does so from the start.
const PACE: Pace = Pace {
    patience: Duration::from_secs(5),
    watch: Duration::from_millis(250),
};

/// A sound one answers in the end, however busy the machine is.
const SOUND: Pace = Pace {
    patience: Duration::from_secs(20),
    ..PACE
};

/// For a second look.
const CAREFUL: Pace = Pace {
    watch: Duration::from_secs(1),
    ..SOUND
};

fn faults() -> impl Iterator<Item = &'static Fault> {
    FAULTS.iter().copied().flatten()
}

fn target(name: &str) -> Target {
    Target::select(&[name.to_owned()]).unwrap()[0]
}

/// The command that runs a broken program.
fn broken(target: &str, fault: &str) -> Subject {
    let words = [
        env!("CARGO_BIN_EXE_lab"),
        "broken",
        target,
        fault,
        "--port",
        "{port}",
        "--dir",
        "{dir}",
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

fn describe(target: &str, fault: &str, outcome: &Outcome) -> String {
    format!(
        "{target} with {fault}: {}: {:?}",
        outcome.check.name, outcome.verdict
    )
}

#[test]
fn each_fault_is_caught_by_its_check_and_by_none_before_it() {
    let faults: Vec<_> = faults().collect();
    let missed = Mutex::new(Vec::new());
    let look = |fault: &&'static Fault| {
        let subject = broken(fault.target, fault.name);
        for check in checks_of(&target(fault.target)) {
            let mut outcome = judge::check(check, target(fault.target), &subject, PACE);
            let is_its = check.name == fault.caught_by;
            // Was it the fault, or a busy machine? The fault stays as it is.
            for _ in 0..2 {
                if outcome.failed() == is_its {
                    break;
                }
                outcome = judge::check(check, target(fault.target), &subject, CAREFUL);
            }
            if is_its && outcome.failed() {
                return Vec::new();
            }
            if is_its || outcome.verdict.is_err() {
                return vec![describe(fault.target, fault.name, &outcome)];
            }
        }
        vec![format!("{} has no check {}", fault.target, fault.caught_by)]
    };
    in_parallel(&faults, |fault| {
        if !look(fault).is_empty() {
            missed.lock().unwrap().push(*fault);
        }
        Vec::new()
    });
    // A spin is hard to tell while sixteen others run: look again, one after the other.
    let missed = missed.into_inner().unwrap();
    let wrong: Vec<_> = missed.iter().flat_map(look).collect();
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
        let subject = broken(name, "none");
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
    let unproven: Vec<_> = checks::ALL
        .iter()
        .copied()
        .flatten()
        .filter(|check| {
            !faults()
                .any(|fault| fault.caught_by == check.name && check.targets.contains(&fault.target))
        })
        .map(|check| (check.name, check.targets))
        .collect();
    assert!(unproven.is_empty(), "{unproven:#?}");
}
