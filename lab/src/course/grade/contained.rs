//! A process that is ended, with all that it started, when its time is over or it makes too many.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::course::grade::sandbox::Limits;
use crate::run::descendants;

/// What it said, and why it was ended, if it was.
pub(super) struct Said {
    pub(super) output: String,
    pub(super) errors: String,
    pub(super) why_ended: Option<String>,
}

/// A sandbox's process, which ends with all that it started when this is dropped.
pub(super) struct Contained(Child);

impl Drop for Contained {
    fn drop(&mut self) {
        descendants::kill_group(self.0.id());
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Contained {
    /// Runs it within its limits, with `input`.
    pub(super) fn run(command: &mut Command, input: &str, limits: &Limits) -> Result<Said> {
        let limit = Duration::from_secs(limits.seconds);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = command.spawn().context("cannot start the sandbox")?;
        let mut contained = Self(child);
        if let Some(mut stdin) = contained.0.stdin.take() {
            // One that has ended says so below.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = read(contained.0.stdout.take())?;
        let errors = read(contained.0.stderr.take())?;
        let begun = Instant::now();
        let mut why = None;
        while contained.0.try_wait()?.is_none() {
            if begun.elapsed() > limit {
                why = Some(format!("it took more than {} s", limits.seconds));
                break;
            }
            let count = descendants::count(contained.0.id());
            if count > usize::try_from(limits.processes)? {
                why = Some(format!("it made more than {} processes", limits.processes));
                break;
            }
            thread::sleep(Duration::from_millis(100));
        }
        drop(contained);
        let text = |thread: thread::JoinHandle<String>| thread.join().unwrap_or_default();
        Ok(Said {
            output: text(output),
            errors: text(errors),
            why_ended: why,
        })
    }
}

/// Reads what comes, to its end, and keeps the beginning.
fn read(stream: Option<impl Read + Send + 'static>) -> Result<thread::JoinHandle<String>> {
    const MOST: usize = 1 << 20;
    let reader = thread::Builder::new().spawn(move || {
        let mut kept = Vec::new();
        let mut buffer = [0; 8192];
        let Some(mut stream) = stream else {
            return String::new();
        };
        while let Ok(size @ 1..) = stream.read(&mut buffer) {
            let room = MOST.saturating_sub(kept.len());
            kept.extend_from_slice(&buffer[..size.min(room)]);
        }
        String::from_utf8_lossy(&kept).into_owned()
    });
    reader.context("cannot start a thread")
}
