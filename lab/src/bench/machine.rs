//! Where and when a run was made: figures mean little without.

use std::fmt;
use std::fs;
use std::thread;

use ntp::{local_time, strftime};
use serde::Serialize;

/// The machine, the date and the command of a run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    /// Local time at the start of the run.
    pub(crate) date: String,
    /// The processor's name.
    pub(crate) processor: String,
    /// How many the run may use.
    pub(crate) processors: usize,
    /// The system and its release.
    pub(crate) system: String,
    /// The Python that the counterparts ran on.
    pub(crate) python: Option<String>,
    /// How many processes wanted a processor in the minute before: others disturb the figures.
    pub(crate) load: String,
    /// The command, as it can be repeated.
    pub(crate) command: String,
}

impl Machine {
    /// This machine, now.
    pub(crate) fn here(python: Option<String>) -> Self {
        let line = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let processor = line("/proc/cpuinfo")
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
            .map_or_else(
                || "unknown processor".to_owned(),
                |(_, name)| name.to_owned(),
            );
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        Self {
            date: strftime("%Y-%m-%d %H:%M %Z", &local_time()).unwrap_or_default(),
            processor,
            processors: thread::available_parallelism().map_or(1, usize::from),
            system: format!("Linux {}", line("/proc/sys/kernel/osrelease").trim()),
            python,
            load: line("/proc/loadavg")
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned(),
            command: format!("cargo lab {}", arguments.join(" ")),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}, {} processors, {}, {}, load {} before: {}",
            self.date,
            self.processor,
            self.processors,
            self.system,
            self.python.as_deref().unwrap_or("no Python"),
            self.load,
            self.command
        )
    }
}
