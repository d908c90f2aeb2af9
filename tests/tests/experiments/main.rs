//! Each experiment, asked what it observed: counts, bytes, error kinds, states. Times only as
//! orders of magnitude between two things measured in the same run.

use std::io::Write;

use tests::experiment::report::Steps;
use tests::experiment::{CannotBeSeen, Experiment, observe};

mod books;
mod tcp;

/// What an experiment saw; none, and a line that says so, where this machine can't show it.
fn seen<E: Experiment>() -> Option<E::Seen> {
    match observe::<E>(Steps::default()).1 {
        Ok(seen) => Some(seen),
        Err(error) => match error.downcast::<CannotBeSeen>() {
            Ok(needs) => {
                let line = format!("skipped: {} cannot be seen here: {needs}\n", E::NAME);
                // Past the capture of the test harness, so that a skipped test is noticed.
                let _ = std::io::stderr().write_all(line.as_bytes());
                None
            }
            Err(error) => panic!("{} broke off: {error:#}", E::NAME),
        },
    }
}
