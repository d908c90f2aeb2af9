//! Every check can fail: for each there is a program of ours with one mistake that this check catches and tells,
//! and none before it.

#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::env;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::thread;
use std::time::Duration;

use lab::check::engine::judge::{self, Outcome};
use lab::check::engine::subject::Subject;
use lab::check::engine::target::Target;
use lab::check::engine::trial::{Pace, Stop};
use lab::check::faults::{self, Fault};
use lab::check::{Check, catalogue, checks_of};
use tests::python_or_skip;

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

/// All of them; with `FAULTS=…` in the environment, those whose target or name contains that.
fn chosen() -> Vec<(Fault, String)> {
    let wanted = env::var("FAULTS").unwrap_or_default();
    let faults = faults::all().unwrap();
    let pairs = faults.into_iter().flat_map(|fault| {
        let targets = fault.targets.clone();
        targets
            .into_iter()
            .map(move |target| (fault.clone(), target))
    });
    pairs
        .filter(|(fault, target)| format!("{target} {}", fault.name).contains(&wanted))
        .collect()
}

/// How often a check is done again, alone, that does not show what is wanted.
const LOOKS: usize = 3;

/// Whoever judges has it together with others, or alone where the others may have been the reason for what came out.
static MACHINE: RwLock<()> = RwLock::new(());

fn target(name: &str) -> Target {
    Target::select(&[name.to_owned()]).unwrap()[0]
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
    let Err(Stop::Failed {
        expected, happened, ..
    }) = &outcome.verdict
    else {
        return None;
    };
    let mut told = vec![expected.clone(), happened.clone()];
    for found in &outcome.found {
        let (state, errors, screen) = (&found.state, &found.errors, &found.screen);
        told.push(format!("the program: {state}; {errors}; {screen}"));
    }
    Some(told.join("; "))
}

#[test]
fn each_fault_is_told_by_its_check_and_by_none_before_it() {
    if !python_or_skip("whether the checks can fail") {
        return;
    }
    let wrong = in_parallel(&chosen(), |(fault, name)| {
        let target = target(name);
        let folder = match fault.plant(&target) {
            Ok(folder) => folder,
            Err(error) => return vec![format!("{error:#}")],
        };
        let subject = Subject::Faulty(folder.path().to_owned());
        // A look among others, and where it does not show what is wanted, some alone: a mistake that is a
        // race shows now and then, and on a busy machine a sound program may be late.
        let judge = |check, first, pace, wanted: &dyn Fn(&Outcome) -> bool| {
            let mut outcome = {
                let _among_others = MACHINE.read().unwrap();
                judge::check(check, target, &subject, first)
            };
            for _ in 0..LOOKS {
                if !wanted(&outcome) {
                    let _alone = MACHINE.write().unwrap();
                    outcome = judge::check(check, target, &subject, pace);
                }
            }
            outcome
        };
        for check in checks_of(&target) {
            if check.name == fault.caught_by {
                let tells = |outcome: &Outcome| {
                    told(outcome).is_some_and(|failure| fault.is_told_by(&failure))
                };
                let outcome = judge(check, FAULTY, PATIENT, &tells);
                if tells(&outcome) {
                    return Vec::new();
                }
                let told = told(&outcome).unwrap_or_else(|| format!("{:?}", outcome.verdict));
                return vec![format!(
                    "{name} with {}: {} says {told}, not {:?}",
                    fault.name, check.name, fault.says
                )];
            }
            let outcome = judge(check, SOUND, SOUND, &|outcome| outcome.verdict.is_ok());
            if outcome.verdict.is_err() {
                return vec![format!(
                    "{name} with {}: {}: {:?}",
                    fault.name, check.name, outcome.verdict
                )];
            }
        }
        vec![format!("{name} has no check {}", fault.caught_by)]
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_check_has_a_fault_that_it_catches() {
    let faults = faults::all().unwrap();
    let catches = |check: &Check| {
        faults.iter().any(|fault| {
            let judged = fault.targets.iter().any(|name| check.judges(&target(name)));
            fault.caught_by == check.name && judged
        })
    };
    let unproven: Vec<_> = catalogue::all()
        .iter()
        .filter(|check| !catches(check))
        .map(|check| (check.name, &check.sentence))
        .collect();
    assert!(unproven.is_empty(), "{unproven:#?}");
}
