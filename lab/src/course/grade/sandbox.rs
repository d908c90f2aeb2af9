//! Where a student's programs run: on Linux by bubblewrap, which makes namespaces that any user may make.
//!
//! In them there is a loopback and no other network; the processes that were started and none else, which all end with
//! the first; the file system of the machine, read-only; and a folder in memory to write to, of a limited size.
//! The workspace with its solutions, what other students have handed in, and the home of who grades are not seen, but for
//! the toolchains in it. Of the environment only what programs need is passed on.

use std::env;
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
    /// Folders in them that are seen all the same.
    shown: Vec<PathBuf>,
    limits: Limits,
}

/// The variables that programs see: where toolchains are, how text is written.
const PASSED_ON: [&str; 9] = [
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "CARGO",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "PYTHON",
];

/// The folder in memory, as it is seen from inside.
pub(super) const INSIDE: &str = "/tmp";

/// The folders of `home` in which programs lie that are found by `PATH`, and those of Rust.
fn toolchains(home: &Path) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let variables = ["CARGO_HOME", "RUSTUP_HOME"].map(|name| env::var_os(name).map(PathBuf::from));
    let usual = [".cargo", ".rustup"].map(|name| home.join(name));
    let mut folders: Vec<PathBuf> = env::split_paths(&path)
        .chain(variables.into_iter().flatten())
        .chain(usual)
        .filter_map(|folder| {
            let first = folder.strip_prefix(home).ok()?.components().next()?;
            Some(home.join(first))
        })
        .filter(|folder| folder.is_dir())
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

impl Sandbox {
    pub(super) fn new(limits: Limits, mut hidden: Vec<PathBuf>) -> Self {
        let mut shown = Vec::new();
        if let Some(home) = env::home_dir().filter(|home| home.parent().is_some() && home.is_dir())
        {
            shown = toolchains(&home);
            hidden.insert(0, home);
        }
        let mut sandbox = Self {
            wrap: Some("bwrap".into()),
            hidden: Vec::new(),
            shown: Vec::new(),
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
        sandbox.shown = shown;
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
        // All namespaces; the end with the one who asked; none of root's rights.
        let flags = "--die-with-parent --unshare-all --cap-drop ALL --new-session --clearenv \
                     --ro-bind / / --dev /dev --proc /proc";
        let mut command = Command::new(wrap);
        command.args(flags.split_whitespace());
        for folder in &self.hidden {
            command.arg("--tmpfs").arg(folder);
        }
        for folder in &self.shown {
            command.arg("--ro-bind").args([folder, folder]);
        }
        let size = (self.limits.files << 20).to_string();
        command.args(["--size", &size, "--tmpfs", INSIDE, "--chdir", INSIDE]);
        for (from, to) in folders {
            let to = Path::new(INSIDE).join(to);
            command.arg("--ro-bind").args([*from, &to]);
        }
        for name in PASSED_ON {
            if let Some(value) = env::var_os(name) {
                command.arg("--setenv").arg(name).arg(value);
            }
        }
        command.args(["--setenv", "CARGO_NET_OFFLINE", "true", "--"]);
        command.arg(program);
        command
    }

    /// Limits this process, and all that it starts. The number of processes is limited `inside` a sandbox alone: for each
    /// namespace since Linux 6.14, else for each user but root. Elsewhere it would be the whole machine's, or would count
    /// all that the user runs; there only the parent watches.
    #[cfg(unix)]
    pub(super) fn enter(limits: &Limits, inside: bool) -> Result<()> {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // Nobody looks into this process, or writes to where it writes.
        #[cfg(target_os = "linux")]
        rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
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
