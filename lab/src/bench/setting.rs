//! What all rows need: the executables, servers that run, a folder for large files.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use common::files::transfer::REST;

use crate::pairs::{PAIRS, Pair, Side};
use crate::run::executables::{self, Profile};
use crate::run::interrupt::Folder;
use crate::run::process::{PATIENCE, Process};

use crate::bench::report::{BARE, PYTHON, RUST};

/// Where Linux keeps files in memory.
const SHARED_MEMORY: &str = "/dev/shm";

/// What the rows of one run share.
#[derive(Debug)]
pub(crate) struct Setting {
    quick: bool,
    folder: Folder,
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    /// Its process.
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
}

impl Server {
    fn start(command: &mut Command) -> Result<Self> {
        let process = Process::start_without_stdout(command)?;
        let address = process.ready(PATIENCE)?;
        Ok(Self { process, address })
    }
}

impl Setting {
    /// Makes the folder, and lets this process and those it starts open as many files as the
    /// system allows.
    pub(crate) fn new(quick: bool) -> Result<Self> {
        raise_descriptor_limit();
        // In memory, where there is such a folder: the disk is not what is measured.
        let folder = Folder::new_in(Path::new(SHARED_MEMORY), "lab-bench-")
            .or_else(|_| Folder::new("lab-bench-"))?;
        Ok(Self { quick, folder })
    }

    /// `full`, or `quick` with `--quick`.
    pub(crate) fn either<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// The folder for files, which is gone after the run.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file of `mebibytes` MiB, made the first time it is asked for.
    pub(crate) fn file(&self, mebibytes: usize) -> Result<PathBuf> {
        let path = self.folder().join("share").join(format!("{mebibytes}.bin"));
        if !path.exists() {
            std::fs::create_dir_all(self.folder().join("share"))?;
            let mut number = 88_172_645_463_325_252_u64;
            let block: Vec<u8> = (0..1 << 17)
                .flat_map(|_| {
                    // xorshift: bytes that no file system can compress.
                    number ^= number << 13;
                    number ^= number >> 7;
                    number ^= number << 17;
                    number.to_le_bytes()
                })
                .collect();
            let mut file = File::create(&path)?;
            for _ in 0..mebibytes {
                file.write_all(&block).context("no room for the file")?;
            }
        }
        Ok(path)
    }

    /// As [`file`](Self::file), when it has come to rest: the servers remember no md5 of a file that
    /// changed a moment ago.
    pub(crate) fn settled_file(&self, mebibytes: usize) -> Result<PathBuf> {
        let path = self.file(mebibytes)?;
        let age = path.metadata()?.modified()?.elapsed().unwrap_or_default();
        std::thread::sleep((REST + Duration::from_secs(1)).saturating_sub(age));
        Ok(path)
    }
}

/// Starts the server of a program: `side` is `Rust` or `Python`.
pub(crate) fn start_server(number: u8, side: &str, args: &[&str]) -> Result<Server> {
    let mut command = command(number, Side::Server, side)?;
    Server::start(command.args(["--port", "0"]).args(args))
}

/// Starts a bare reference.
pub(crate) fn start_bare(args: &[&str]) -> Result<Server> {
    Server::start(&mut bare(args)?)
}

/// The command for one side of a program: `language` is `Rust` (the release build) or `Python`.
pub(crate) fn command(number: u8, side: Side, language: &str) -> Result<Command> {
    let program = program(number)?;
    let mut command = if language == PYTHON {
        let mut command = Command::new(executables::python().context("Python is missing")?);
        command.arg(executables::python_source(program, side));
        command
    } else {
        Command::new(executables::rust(program, side, Profile::Release)?)
    };
    command.args(program.side(side).flags);
    Ok(command)
}

/// The command that runs a bare reference.
pub(crate) fn bare(args: &[&str]) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("bare").args(args);
    Ok(command)
}

/// The program with this number in the table.
pub(crate) fn program(number: u8) -> Result<&'static Pair> {
    PAIRS
        .iter()
        .find(|program| program.number == number)
        .with_context(|| format!("there is no program {number}"))
}

/// The sides that a row measures on this machine: all but Python, where that is missing.
pub(crate) fn sides() -> Vec<&'static str> {
    let mut sides = vec![BARE, RUST];
    if executables::python().is_some() {
        sides.push(PYTHON);
    }
    sides
}

/// How many files a process may have open.
pub(crate) fn descriptor_limit() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(usize::MAX)
}

fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Where it fails, fewer connections are measured, and the row says so.
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    );
}
