//! Where a student's programs run: on Linux by bubblewrap, which makes namespaces that any user may make.
//!
//! In them there is a loopback and no other network; the processes that were started and none else, which all end with
//! the first; the file system of the machine, read-only; and a folder in memory to write to, of a limited size.
//! The workspace with its solutions, and what other students have handed in, are not seen.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// What a submission may use, for each exercise.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Limits {
    /// How long building and all checks may take together.
    pub(super) seconds: u64,
    /// How many processes and threads there may be at once.
    pub(super) processes: u32,
    /// How much memory a process may map, in MiB.
    pub(super) memory: u64,
    /// How much may be written, in MiB.
    pub(super) files: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            seconds: 180,
            processes: 400,
            memory: 4096,
            files: 1024,
        }
    }
}

/// Where programs run that nobody trusts.
#[derive(Debug)]
pub(super) struct Sandbox {
    /// bubblewrap, where it works.
    wrap: Option<PathBuf>,
    /// Folders that are not to be seen.
    hidden: Vec<PathBuf>,
    limits: Limits,
}

/// The folder in memory, as it is seen from inside.
pub(super) const INSIDE: &str = "/tmp";

impl Sandbox {
    pub(super) fn new(limits: Limits, hidden: Vec<PathBuf>) -> Self {
        let mut sandbox = Self {
            wrap: Some("bwrap".into()),
            hidden: Vec::new(),
            limits,
        };
        let works = sandbox
            .command(Path::new("true"), &[])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !works {
            sandbox.wrap = None;
        }
        sandbox.hidden = hidden;
        sandbox
    }

    /// Whether programs are kept apart from the machine, and from each other.
    pub(super) fn isolates(&self) -> bool {
        self.wrap.is_some()
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A command inside, that sees these folders besides, each under another name in [`INSIDE`].
    pub(super) fn command(&self, program: &Path, folders: &[(&Path, &str)]) -> Command {
        let Some(wrap) = &self.wrap else {
            return Command::new(program);
        };
        let mut command = Command::new(wrap);
        let mut add = |words: &[&dyn AsRef<std::ffi::OsStr>]| {
            command.args(words.iter().map(|word| OsString::from(word.as_ref())));
        };
        // All namespaces; the end with the one who asked; none of root's rights.
        add(&[
            &"--die-with-parent",
            &"--unshare-all",
            &"--cap-drop",
            &"ALL",
            &"--new-session",
        ]);
        add(&[
            &"--ro-bind",
            &"/",
            &"/",
            &"--dev",
            &"/dev",
            &"--proc",
            &"/proc",
        ]);
        for folder in &self.hidden {
            add(&[&"--tmpfs", folder]);
        }
        let size = (self.limits.files << 20).to_string();
        add(&[&"--size", &size, &"--tmpfs", &INSIDE]);
        for (from, to) in folders {
            add(&[&"--ro-bind", from, &Path::new(INSIDE).join(to)]);
        }
        add(&[
            &"--chdir",
            &INSIDE,
            &"--setenv",
            &"CARGO_NET_OFFLINE",
            &"true",
        ]);
        add(&[&"--unsetenv", &"TMPDIR", &"--", &program]);
        command
    }

    /// Limits this process, and all that it starts. The number of processes is limited `inside` a sandbox alone: for each
    /// namespace since Linux 6.14, else for each user but root. Elsewhere it would be the whole machine's, or would count
    /// all that the user runs; there only the parent watches.
    #[cfg(unix)]
    pub(super) fn enter(limits: &Limits, inside: bool) -> Result<()> {
        use rustix::process::{Resource, Rlimit, setrlimit};
        if inside {
            // An older system, or a user who is not root there, has the limit below.
            let _ = std::fs::write("/proc/sys/kernel/pid_max", limits.processes.to_string());
        }
        let processes = inside.then_some((Resource::Nproc, u64::from(limits.processes)));
        let bounds = [
            (Resource::As, limits.memory << 20),
            (Resource::Fsize, limits.files << 20),
            (Resource::Core, 0),
        ];
        for (resource, most) in processes.into_iter().chain(bounds) {
            let limit = Rlimit {
                current: Some(most),
                maximum: Some(most),
            };
            setrlimit(resource, limit).with_context(|| format!("the limit {resource:?}"))?;
        }
        Ok(())
    }

    #[cfg(not(unix))]
    pub(super) fn enter(_limits: &Limits, _inside: bool) -> Result<()> {
        Ok(())
    }
}
