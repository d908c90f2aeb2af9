//! A process that is ended, with all that it started, when its time is over or it makes too many.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::course::grade::sandbox::Limits;
use crate::run::descendants;
use crate::run::output::Output;
use crate::run::process::Process;

/// What it said, and why it was ended, if it was.
pub(super) struct Said {
    pub(super) output: String,
    pub(super) errors: String,
    pub(super) why_ended: Option<String>,
}

/// Runs it within its limits, with `input`.
pub(super) fn run(command: &mut Command, input: &str, limits: &Limits) -> Result<Said> {
    const LOOKS: Duration = Duration::from_millis(100);
    let limit = Duration::from_secs(limits.seconds);
    let mut process = Process::start(command).context("cannot start the sandbox")?;
    // One that has ended says so below.
    let _ = process.type_text(input);
    process.end_input();
    let begun = Instant::now();
    let mut why_ended = None;
    while process.wait(LOOKS)?.is_none() {
        if begun.elapsed() > limit {
            why_ended = Some(format!("it took more than {} s", limits.seconds));
            break;
        }
        let count = descendants::count(process.id());
        if count > usize::try_from(limits.processes)? {
            why_ended = Some(format!("it made more than {} processes", limits.processes));
            break;
        }
    }
    if why_ended.is_some() {
        process.kill();
        // Who has left its group may keep the pipes open: what came until then is what it said.
        process.wait(Duration::from_secs(1))?;
    }
    Ok(Said {
        output: beginning(process.stdout()),
        errors: beginning(process.stderr()),
        why_ended,
    })
}

/// What was said first.
fn beginning(output: &Output) -> String {
    const MOST: usize = 1 << 20;
    let mut bytes = output.bytes();
    bytes.truncate(MOST);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn who_leaves_the_group_and_keeps_the_pipes_is_not_waited_for() -> Result<()> {
        const STAYS: Duration = Duration::from_secs(30);
        let stays = STAYS.as_secs();
        // The second cannot be found by its environment, and ends by itself.
        for leaver in [
            format!("setsid sleep {stays}"),
            format!("env -i setsid sleep {stays}"),
        ] {
            let mut shell = Command::new("sh");
            let script = format!("cat; {leaver} & sleep 1; echo told >&2");
            let begun = Instant::now();
            let said = run(shell.args(["-c", &script]), "input", &Limits::default())?;
            assert!(begun.elapsed() < STAYS, "{leaver}");
            let Said { output, errors, .. } = said;
            assert_eq!((&*output, &*errors), ("input", "told\n"));
        }
        Ok(())
    }

    #[test]
    fn one_that_takes_too_long_is_ended() -> Result<()> {
        let limits = Limits {
            seconds: 1,
            ..Limits::default()
        };
        let mut shell = Command::new("sh");
        let said = run(shell.args(["-c", "echo first; sleep 1000"]), "", &limits)?;
        assert_eq!(said.output, "first\n");
        assert_eq!(said.why_ended.as_deref(), Some("it took more than 1 s"));
        Ok(())
    }
}
