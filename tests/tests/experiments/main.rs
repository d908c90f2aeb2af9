//! Each experiment, asked what it observed: counts, bytes, error kinds, states. Times only as
//! orders of magnitude between two things measured in the same run.

use std::io::ErrorKind;

use lab::experiment::observation::Failure;
use lab::experiment::report::Steps;
use lab::experiment::{Experiment, observe};
use lab::host::CannotBeSeen;

mod books;
mod connections;
mod functions;
mod tcp;
mod udp;

/// What an experiment saw; none, and a line that says so, where this machine can't show it.
fn seen<E: Experiment>() -> Option<E::Seen> {
    match observe::<E>(Steps::default()).1 {
        Ok(seen) => Some(seen),
        Err(error) => match error.downcast::<CannotBeSeen>() {
            Ok(why) => {
                // Past the test harness, which shows captured output of failures alone.
                common::console::note(format_args!("skipped: {}: {why}", E::NAME));
                None
            }
            Err(error) => panic!("{} broke off: {error:#}", E::NAME),
        },
    }
}

/// Rust's kind of an error, if there was one.
fn kind(failure: Option<Failure>) -> Option<ErrorKind> {
    failure.map(|failure| failure.kind)
}
