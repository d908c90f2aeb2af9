//! Can a program wait for its keyboard and its socket at once?

use std::io::{Read, Write, pipe};
use std::net::UdpSocket;

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::report::{Steps, Verdict};

/// One thread, two things to wait for: `poll`, which is `select` with a list in place of three sets.
pub struct SelectTwo;

/// What the system named as ready.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// Before anything has come.
    pub at_first: Vec<&'static str>,
    /// After a datagram.
    pub after_a_datagram: Vec<&'static str>,
    /// After a line at the keyboard, when the datagram was read.
    pub after_a_line: Vec<&'static str>,
    /// After both.
    pub after_both: Vec<&'static str>,
}

/// Waits for both, a tenth of a second at most, and names those that can be read without waiting.
#[cfg(unix)]
fn ready(keyboard: &std::io::PipeReader, socket: &UdpSocket) -> Result<Vec<&'static str>> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let limit = Timespec {
        tv_sec: 0,
        tv_nsec: 100_000_000,
    };
    let mut both = [
        PollFd::new(keyboard, PollFlags::IN),
        PollFd::new(socket, PollFlags::IN),
    ];
    poll(&mut both, Some(&limit))?;
    let named = ["keyboard", "socket"].into_iter().zip(&both);
    Ok(named
        .filter(|(_, polled)| !polled.revents().is_empty())
        .map(|(name, _)| name)
        .collect())
}

#[cfg(not(unix))]
fn ready(_keyboard: &std::io::PipeReader, _socket: &UdpSocket) -> Result<Vec<&'static str>> {
    use crate::host::CannotBeSeen;
    Err(CannotBeSeen("it needs Unix: elsewhere select takes sockets alone".to_owned()).into())
}

impl Experiment for SelectTwo {
    const NAME: &'static str = "select-two";
    const CLAIM: &'static str = "a program with one thread can wait for one thing only";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("a pipe in place of the keyboard, a socket, and one thread");
        let (mut keyboard, mut keys) = pipe()?;
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let other = UdpSocket::bind("127.0.0.1:0")?;
        let mut buffer = [0; 64];
        let at_first = ready(&keyboard, &socket)?;

        log.step("a datagram comes while nobody types");
        other.send_to(b"hello", socket.local_addr()?)?;
        let after_a_datagram = ready(&keyboard, &socket)?;
        socket.recv(&mut buffer)?;

        log.step("a line is typed while no datagram comes");
        keys.write_all(b"hi\n")?;
        let after_a_line = ready(&keyboard, &socket)?;
        let _ = keyboard.read(&mut buffer)?;

        log.step("both come");
        other.send_to(b"hello", socket.local_addr()?)?;
        keys.write_all(b"hi\n")?;
        Ok(Seen {
            at_first,
            after_a_datagram,
            after_a_line,
            after_both: ready(&keyboard, &socket)?,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        let hears = seen.after_a_datagram == ["socket"] && seen.after_a_line == ["keyboard"];
        Verdict::decide(
            !hears,
            "it was not told which of the two was ready",
            "recvfrom and input wait for one thing each, and select for several: it tells which can be read, and one \
             thread is enough. The other way is a thread for each, as live-client has it",
        )
    }
}
