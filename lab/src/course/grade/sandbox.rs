//! Where a student's programs run: on Linux by bubblewrap, which makes namespaces that any user may make.
//!
//! In them there is a loopback and no other network; the processes that were started and none else, which all end with
//! the first; the file system of the machine, read-only; and a folder in memory to write to, of a limited size.
//! The workspace with its solutions, what other students have handed in, the sockets of the machine's services in `/run`,
//! and the home of who grades are not seen, but for the toolchains in it, without what cargo logs in with. Of the
//! environment only what programs need is passed on.

use std::env;
use std::ffi::OsStr;
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
#[derive(Debug, Default)]
pub(super) struct Sandbox {
    /// bubblewrap, where it works.
    wrap: Option<PathBuf>,
    /// The home of who grades, and folders around it that are not to be seen; `/run`.
    home: Vec<PathBuf>,
    /// Folders in them that are seen all the same.
    shown: Vec<PathBuf>,
    /// Files that are not to be seen, in these or elsewhere.
    secrets: Vec<PathBuf>,
    /// Folders that are not to be seen, wherever they lie: in a shown one too.
    hidden: Vec<PathBuf>,
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

/// Where services listen: a socket in the file system is reached from every network, with the rights of who grades.
const SERVICES: &str = "/run";

/// What of `~/.local` is seen when programs lie there: beside them are keyrings and the trash.
const OF_LOCAL: [&str; 4] = ["bin", "lib", "share/pipx", "share/uv"];

/// What cargo logs in with, in its folder.
const SECRETS: [&str; 2] = ["credentials.toml", "credentials"];

/// The folders of `home` in which programs lie that are found by this `PATH`, and those of Rust.
fn toolchains(home: &Path, path: &OsStr) -> Vec<PathBuf> {
    const LOCAL: &str = ".local";
    let variables = ["CARGO_HOME", "RUSTUP_HOME"].map(|name| env::var_os(name).map(PathBuf::from));
    let usual = [".cargo", ".rustup"].map(|name| home.join(name));
    let mut folders: Vec<PathBuf> = env::split_paths(path)
        .chain(variables.into_iter().flatten())
        .chain(usual)
        .filter_map(|folder| {
            let first = folder.strip_prefix(home).ok()?.components().next()?;
            Some(home.join(first))
        })
        .flat_map(|folder| {
            if folder.ends_with(LOCAL) {
                OF_LOCAL.map(|part| folder.join(part)).to_vec()
            } else {
                vec![folder]
            }
        })
        .filter(|folder| folder.is_dir())
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

impl Sandbox {
    pub(super) fn new(limits: Limits, hidden: Vec<PathBuf>) -> Self {
        let mut sandbox = Self {
            wrap: Some("bwrap".into()),
            limits,
            ..Self::default()
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
        let home = env::home_dir().filter(|home| home.parent().is_some() && home.is_dir());
        sandbox.hide(home, hidden, &env::var_os("PATH").unwrap_or_default());
        sandbox
    }

    /// Hides the home but for its toolchains, and `hidden` with all that is in them. Of what hides the home itself only
    /// the toolchains are seen: without them nothing runs.
    fn hide(&mut self, home: Option<PathBuf>, hidden: Vec<PathBuf>, path: &OsStr) {
        let is_around = |folder: &PathBuf| home.iter().any(|home| home.starts_with(folder));
        (self.home, self.hidden) = hidden.into_iter().partition(is_around);
        // There are systems whose programs lie in /run.
        for home in home.into_iter().chain([PathBuf::from(SERVICES)]) {
            if home.is_dir() {
                self.shown.extend(toolchains(&home, path));
                self.home.push(home);
            }
        }
        // Cargo's own folder need not lie in the home.
        let cargo = env::var_os("CARGO_HOME").map(PathBuf::from);
        let folders = self.shown.iter().chain(&cargo);
        let secrets = folders.flat_map(|folder| SECRETS.map(|name| folder.join(name)));
        // bubblewrap lays nothing on a link: what it leads to is hidden.
        let secrets = secrets.filter_map(|file| file.canonicalize().ok());
        self.secrets = secrets.filter(|file| file.is_file()).collect();
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
        // What comes later lies on what came before.
        for folder in &self.home {
            command.arg("--tmpfs").arg(folder);
        }
        for folder in &self.shown {
            command.arg("--ro-bind").args([folder, folder]);
        }
        for file in &self.secrets {
            command.args([Path::new("--dev-bind"), Path::new("/dev/null"), file]);
        }
        for folder in &self.hidden {
            command.arg("--tmpfs").arg(folder);
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
        #[cfg(target_os = "linux")]
        if inside && own_pid_max() {
            // A user who is not root there has the limit below.
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

/// Whether `pid_max` is the sandbox's own. Where it is the whole machine's, root could write it all the same.
#[cfg(target_os = "linux")]
fn own_pid_max() -> bool {
    let version = procfs::sys::kernel::Version::current();
    let namespace = std::fs::read_link("/proc/self/ns/pid");
    version.is_ok_and(|version| namespace.is_ok_and(|own| is_own(version, &own)))
}

#[cfg(target_os = "linux")]
fn is_own(version: procfs::sys::kernel::Version, namespace: &Path) -> bool {
    // The machine's own namespace has the number PROC_PID_INIT_INO.
    version >= procfs::sys::kernel::Version::new(6, 14, 0)
        && namespace != Path::new("pid:[4026531836]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_machines_number_of_processes_is_never_written() {
        use procfs::sys::kernel::Version;
        let (machine, sandbox) = ("pid:[4026531836]", "pid:[4026532201]");
        for (version, namespace, own) in [
            (Version::new(6, 1, 0), sandbox, false),
            (Version::new(6, 13, 9), sandbox, false),
            (Version::new(6, 14, 0), machine, false),
            (Version::new(6, 14, 0), sandbox, true),
            (Version::new(7, 0, 0), sandbox, true),
        ] {
            assert_eq!(is_own(version, Path::new(namespace)), own, "{version:?}");
        }
    }

    /// A sandbox in which a program sees nothing yet.
    fn sandbox() -> Sandbox {
        Sandbox {
            wrap: Some("bwrap".into()),
            ..Sandbox::default()
        }
    }

    /// Where in the command such a flag is.
    fn position(command: &Command, flag: &str, folder: &Path) -> Option<usize> {
        let words: Vec<_> = command.get_args().collect();
        let mut pairs = words.windows(2);
        pairs.position(|pair| pair[0] == flag && pair[1] == folder)
    }

    #[test]
    fn what_is_hidden_stays_so_in_a_shown_folder() {
        // As where the teacher's Python lies in the workspace, and the workspace in a folder of the home.
        let mut sandbox = sandbox();
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("teacher");
        let course = home.join("course");
        std::fs::create_dir_all(course.join("sockets/python/bin")).unwrap();
        let hidden = [folder.path().to_owned(), course.join("sockets")];
        let path = course.join("sockets/python/bin");
        sandbox.hide(Some(home.clone()), hidden.to_vec(), path.as_os_str());
        let command = sandbox.command(Path::new("true"), &[]);
        let order = [
            position(&command, "--tmpfs", folder.path()),
            position(&command, "--tmpfs", &home),
            position(&command, "--ro-bind", &course),
            position(&command, "--tmpfs", &hidden[1]),
            position(&command, "--tmpfs", Path::new(INSIDE)),
        ];
        assert!(order.is_sorted() && order[0].is_some(), "{command:?}");
    }

    #[cfg(unix)]
    #[test]
    fn beside_toolchains_nothing_is_seen_that_logs_in() {
        let mut sandbox = sandbox();
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        let at = |path: &str| home.join(path);
        for folder in [".cargo", ".local/bin", ".local/share/keyrings", "dotfiles"] {
            std::fs::create_dir_all(at(folder)).unwrap();
        }
        let tokens = [at(".cargo/credentials.toml"), at("dotfiles/credentials")];
        for token in &tokens {
            std::fs::write(token, "[registry]").unwrap();
        }
        std::os::unix::fs::symlink(&tokens[1], at(".cargo/credentials")).unwrap();
        let path = at(".local/bin");
        sandbox.hide(Some(home.clone()), Vec::new(), path.as_os_str());
        let command = sandbox.command(Path::new("true"), &[]);
        let shown = position(&command, "--ro-bind", &at(".cargo"));
        for token in tokens {
            assert!(shown.is_some() && shown < position(&command, "/dev/null", &token));
        }
        assert!(position(&command, "--ro-bind", &at(".local/bin")).is_some());
        assert_eq!(position(&command, "--ro-bind", &at(".local")), None);
        if Path::new(SERVICES).is_dir() {
            assert!(position(&command, "--tmpfs", Path::new(SERVICES)).is_some());
        }
    }
}
