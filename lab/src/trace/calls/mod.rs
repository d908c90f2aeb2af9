//! The system calls of a program, as `strace` tells them.
//!
//! Which numbered step made a call: of a Rust program strace prints the stack at each call, and the
//! debug information tells the source lines; Python runs under `mark_lines.py`, which marks each line
//! that calls something by a write to the descriptor -1, which fails and is seen.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::event::What;
use crate::pairs::Language;
use crate::steps::Source;

mod log;
mod readable;

use log::Reader;

/// Runs a Python program and marks its lines.
const MARK_LINES: &str = include_str!("mark_lines.py");

/// The calls that strace is to tell. `read` and `write` are the screen and the keyboard too.
const CALLS: &str = "trace=%network,read,readv,write,writev,close,sendfile";

/// What strace can do here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strace {
    /// Whether it prints the stack at each call.
    stacks: bool,
}

/// A program under strace, before it starts.
#[derive(Debug)]
pub(super) struct Watched {
    /// The command that starts it.
    pub command: Command,
    log: PathBuf,
    executable: PathBuf,
    sources: Vec<Source>,
}

/// Something that strace saw, with its time in nanoseconds since 1970.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// When it counts as happened: a call that receives when it returned, any other when it began.
    pub time: u64,
    /// The step that did it.
    pub step: Option<u32>,
    /// What happened.
    pub what: What,
}

impl Strace {
    /// Looks whether there is a strace and whether it may look into programs here. The error says what
    /// is missing.
    pub(super) fn find() -> Result<Self, String> {
        let version = Command::new("strace").arg("-V").output();
        let Ok(version) = version else {
            return Err("not seen: socket calls and steps; install strace (Linux)".to_owned());
        };
        let mut probe = Command::new("strace");
        probe.args(["-qq", "-o", "/dev/null", "true"]);
        let probed = probe.stdin(Stdio::null()).stdout(Stdio::null()).output();
        if !probed.is_ok_and(|probed| probed.status.success()) {
            let why = "not seen: socket calls and steps; strace may not look into programs here (ptrace is not allowed)";
            return Err(why.to_owned());
        }
        let stacks = String::from_utf8_lossy(&version.stdout).contains("stack-trace=");
        Ok(Self { stacks })
    }

    /// What it cannot tell here.
    #[must_use]
    pub(super) fn lacks(self) -> Option<&'static str> {
        let lack =
            "not seen: the steps of Rust programs; this strace is built without stack traces";
        (!self.stacks).then_some(lack)
    }

    /// Has `command` run under strace. `folder` keeps the log.
    pub(super) fn watch(
        self,
        command: &Command,
        language: Language,
        sources: Vec<Source>,
        folder: &Path,
        name: &str,
    ) -> Result<Watched> {
        let log = folder.join(format!("{name}.strace"));
        let mut traced = Command::new("strace");
        traced.args(["-f", "--seccomp-bpf", "-q", "-yy", "-xx", "-s", "65536"]);
        traced.args([
            "--absolute-timestamps=format:unix,precision:ns",
            "--syscall-times=ns",
        ]);
        traced.args(["-e", CALLS]);
        let mut words: Vec<OsString> = vec![command.get_program().into()];
        words.extend(command.get_args().map(Into::into));
        match language {
            Language::Rust if self.stacks && !sources.is_empty() => {
                traced.arg("-k");
            }
            Language::Rust => {}
            Language::Python => {
                let runner = folder.join("mark_lines.py");
                fs::write(&runner, MARK_LINES)?;
                words.insert(1, runner.into());
            }
        }
        traced.arg("-o").arg(&log).args(&words);
        let executable = PathBuf::from(&words[0]);
        Ok(Watched {
            command: traced,
            log,
            executable,
            sources,
        })
    }
}

impl Watched {
    /// What was seen, when the program has ended.
    pub(super) fn seen(&self) -> Result<Vec<Seen>> {
        let log = fs::read(&self.log).context("strace wrote nothing")?;
        let mut reader = Reader::new(self);
        for line in String::from_utf8_lossy(&log).lines() {
            reader.read(line);
        }
        Ok(reader.end())
    }

    /// The step in which a Python program's `with` closes a socket: the line that does it is that of the `with`.
    fn end_of_with(&self) -> Option<u32> {
        let mut pieces = self.sources.iter().flat_map(|source| &source.pieces);
        pieces
            .find(|piece| piece.title.starts_with("close: `with "))?
            .step
    }

    /// The step of a line of one of the program's sources, which a path may name from anywhere.
    fn step(&self, path: &str, line: usize) -> Option<u32> {
        let path = Path::new(path);
        let source = self
            .sources
            .iter()
            .find(|source| path.ends_with(&source.path))?;
        source.step_at(line)
    }
}
