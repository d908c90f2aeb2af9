//! Starts the program under test, and finds out when it is ready.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::check::engine::ports;
use crate::check::engine::program::Program;
use crate::check::engine::server::Server;
use crate::check::engine::subject::Subject;
use crate::check::engine::target::Target;
use crate::check::engine::trial::{Result, Stop, Trial};
use crate::run::process::PATIENCE;

/// What is said of a program that has another port than it was given.
pub(crate) const ELSEWHERE: &str = "; it listens on ";

/// A program about to be started.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    trial: &'a Arc<Trial>,
    subject: &'a Subject,
    target: Target,
    flags: Vec<String>,
    dir: PathBuf,
    own: &'a Path,
    port: Option<u16>,
    limit: Option<String>,
    environment: Vec<(&'static str, OsString)>,
    inherited: bool,
}

impl<'a> Launch<'a> {
    pub(super) fn new(
        trial: &'a Arc<Trial>,
        subject: &'a Subject,
        target: Target,
        dir: PathBuf,
        own: &'a Path,
    ) -> Self {
        Self {
            trial,
            subject,
            target,
            flags: Vec::new(),
            dir,
            own,
            port: None,
            limit: None,
            environment: Vec::new(),
            inherited: false,
        }
    }

    /// Flags that our programs take. A command under test has only those that it was given.
    pub(crate) fn flags(mut self, flags: &[&str]) -> Self {
        self.flags.extend(flags.iter().map(ToString::to_string));
        self
    }

    /// The folder for the placeholder `{dir}`, and for our programs' `--dir`.
    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.flags
            .extend(["--dir".to_owned(), dir.display().to_string()]);
        dir.clone_into(&mut self.dir);
        self
    }

    /// The port, for a server that is started again where it was.
    pub(crate) fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// A limit for the program, as the shell's `ulimit` takes it: `-n 32`.
    pub(crate) fn limit(mut self, limit: &str) -> Self {
        self.limit = Some(limit.to_owned());
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// Says that this server was ready before under other circumstances: if it is not now, that is
    /// a failure, not a program that cannot be judged.
    pub(crate) fn again(mut self) -> Self {
        self.inherited = true;
        self
    }

    /// Starts a server and waits until it is ready.
    pub(crate) fn server(self) -> Result<Server> {
        match self.subject {
            Subject::Running(address) => {
                if self.limit.is_some() || self.inherited || !self.environment.is_empty() {
                    return Err(Stop::Skipped(
                        "the checker would have to start the server itself".to_owned(),
                    ));
                }
                Ok(Server::new(Arc::clone(self.trial), None, *address))
            }
            Subject::Ours(_) | Subject::Faulty(_) => self.our_server(),
            Subject::Command(_) => self.foreign_server(),
        }
    }

    /// Starts a client that finds its server at `server`.
    pub(crate) fn client(self, server: SocketAddr) -> Result<Program> {
        let mut command = self.command(server.port())?;
        Program::start(Arc::clone(self.trial), &mut command)
    }

    fn our_server(self) -> Result<Server> {
        let mut command = self.command(self.port.unwrap_or(0))?;
        let mut program = Program::start(Arc::clone(self.trial), &mut command)?;
        match program.process().ready(PATIENCE) {
            Ok(address) => Ok(Server::new(Arc::clone(self.trial), Some(program), address)),
            Err(error) => Err(self.not_ready(format!("{error:#}"))),
        }
    }

    /// A program that does not tell when it is ready: the system is asked whether it has the port.
    fn foreign_server(self) -> Result<Server> {
        let transport = self.target.pair.transport;
        let port = match self.port {
            Some(port) => {
                // Else the one before, which was killed, would be taken for this one.
                ports::wait_until_left(transport, port);
                port
            }
            None if self.subject.takes_a_port() => self.trial.port(transport)?,
            None => {
                let port = self.target.pair.port;
                self.trial.pardon(ports::wait_for(transport, port)?);
                port
            }
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut command = self.command(port)?;
        let mut program = Program::start(Arc::clone(self.trial), &mut command)?;
        let deadline = Instant::now() + PATIENCE;
        while !ports::is_taken(transport, port) {
            let ended = program.process().wait(Duration::from_millis(5));
            if let Ok(Some(status)) = ended {
                return Err(self.not_ready(format!(
                    "the program ended with {status} before it listened on {} {address}",
                    transport.name()
                )));
            }
            if Instant::now() > deadline {
                let elsewhere = match ports::of_group(program.process().id()).join(" and ") {
                    none if none.is_empty() => none,
                    some => format!("{ELSEWHERE}{some} instead"),
                };
                return Err(self.not_ready(format!(
                    "the program did not listen on {} {address} within {} s{elsewhere}",
                    transport.name(),
                    PATIENCE.as_secs()
                )));
            }
        }
        Ok(Server::new(Arc::clone(self.trial), Some(program), address))
    }

    /// Under a limit that our programs start with, another language's may not: that tells nothing of what the check
    /// is about.
    fn not_ready(&self, why: String) -> Stop {
        if let Some(limit) = &self.limit {
            Stop::Skipped(format!("it does not start under ulimit {limit}: {why}"))
        } else if self.inherited {
            self.trial.fail("the server starts", why)
        } else {
            self.trial.cannot_judge(why)
        }
    }

    fn command(&self, port: u16) -> Result<Command> {
        let dir = self.dir.display().to_string();
        let mut command = self
            .subject
            .command(self.target, port, &self.flags, &dir, self.own)
            .map_err(|error| Stop::NotJudged(format!("{error:#}")))?;
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        match &self.limit {
            None => Ok(command),
            Some(limit) => limited(&command, limit),
        }
    }
}

/// The same command under a shell's `ulimit`.
fn limited(command: &Command, limit: &str) -> Result<Command> {
    if !cfg!(unix) {
        return Err(Stop::Skipped("limits are set with a Unix shell".to_owned()));
    }
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        // A write beyond `ulimit -f` fails as on a full disk; the signal that comes with it does not
        // come from a full disk, and would end the program.
        .arg(format!(
            "trap '' XFSZ; ulimit {limit} && exec \"$0\" \"$@\""
        ))
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    Ok(shell)
}
