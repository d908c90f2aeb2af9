//! A program ends without closing its socket.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::{Bytes, Failure};
use crate::experiment::report::{Steps, Verdict};

/// The system closes what a program leaves open, even if it is killed.
pub struct CloseIsOptional;

/// What the other end noticed.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// `recv`, without blocking, while the program holds the socket.
    pub while_it_runs: Option<Failure>,
    /// `recv` after the program was killed (SIGKILL: it can't have called close).
    pub after_it_was_killed: Bytes,
}

impl Experiment for CloseIsOptional {
    const NAME: &'static str = "close-is-optional";
    const CLAIM: &'static str = "a program need not close its sockets before it ends";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("connect, and hand the client's socket to another program, `cat`");
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;
        let mut holder = holder(client)?;

        log.step("recv without blocking, while it runs");
        server.set_nonblocking(true)?;
        let while_it_runs = Failure::of(&server.read(&mut [0; 16]));

        log.step("kill it, and recv again");
        holder.kill()?;
        holder.wait()?;
        server.set_nonblocking(false)?;
        server.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut buffer = [0; 16];
        let received = server.read(&mut buffer)?;

        Ok(Seen {
            while_it_runs,
            after_it_was_killed: Bytes::from(&buffer[..received]),
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.while_it_runs.is_some() && seen.after_it_was_killed.0.is_empty(),
            "the system closed the socket with the program, and the peer got its end of stream; a \
             program that goes on must close for itself, or run out of descriptors",
            "the connection outlived the program",
        )
    }
}

/// A program that has the socket as its standard input, and nothing else of ours.
#[cfg(unix)]
fn holder(socket: TcpStream) -> Result<Child> {
    use std::process::{Command, Stdio};

    use anyhow::Context;

    let socket = std::os::fd::OwnedFd::from(socket);
    let mut command = Command::new("cat");
    command.stdin(Stdio::from(socket)).stdout(Stdio::null());
    command.spawn().context("cannot start cat")
}

#[cfg(not(unix))]
fn holder(_socket: TcpStream) -> Result<Child> {
    super::cannot_be_seen("it needs Unix, where a socket can be another program's standard input")
}
