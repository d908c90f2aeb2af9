//! What a server's `recv` returns when its client has gone.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;
use socket2::SockRef;

use crate::experiment::Experiment;
use crate::experiment::observation::{Bytes, Failure};
use crate::experiment::report::{Steps, Verdict};
use crate::host::sockets;

/// `recv` does not block then: it returns empty, again and again.
pub struct TcpPeerLeaves;

/// What the server's calls returned.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// `recv(1024)`, three times, after the client sent `bye` and closed.
    pub receives: Vec<Bytes>,
    /// How often a loop that takes an empty receive for a message went round in 100 ms.
    pub rounds_in_100_ms: u64,
    /// How much of those 100 ms the processor spent on it; none where it can't be asked.
    pub processor_ms: Option<f64>,
    /// The error of that loop's `send(b'')`: none, so `try` and `except` do not end it.
    pub error_of_sending_nothing: Option<Failure>,
    /// The error of `recv` when the client aborts instead, with a reset.
    pub after_a_reset: Option<Failure>,
}

impl Experiment for TcpPeerLeaves {
    const NAME: &'static str = "tcp-peer-leaves";
    const CLAIM: &'static str =
        "on Linux and macOS, when the client has gone, recv blocks and the loop gets only empties";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("a client connects, sends b'bye' and closes");
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;
        client.write_all(b"bye")?;
        drop(client);

        log.step("the server calls recv(1024) three times");
        let mut buffer = [0; 1024];
        let mut receives = Vec::new();
        for _ in 0..3 {
            let received = server.read(&mut buffer)?;
            receives.push(Bytes::from(&buffer[..received]));
        }

        log.step("the loop that does not look: recv, send back, recv, … for 100 ms");
        let begun = Instant::now();
        let worked = sockets::processor_time();
        let mut rounds_in_100_ms = 0;
        let mut error_of_sending_nothing = None;
        while begun.elapsed() < Duration::from_millis(100) && error_of_sending_nothing.is_none() {
            let received = server.read(&mut buffer)?;
            error_of_sending_nothing = Failure::of(&server.write(&buffer[..received]));
            rounds_in_100_ms += 1;
        }
        let worked = sockets::processor_time()
            .zip(worked)
            .map(|(now, then)| now.saturating_sub(then));

        log.step("another client connects and aborts: SO_LINGER 0, close");
        let client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;
        SockRef::from(&client).set_linger(Some(Duration::ZERO))?;
        drop(client);
        let after_a_reset = Failure::of(&server.read(&mut buffer));

        Ok(Seen {
            receives,
            rounds_in_100_ms,
            processor_ms: worked.map(crate::experiment::observation::milliseconds),
            error_of_sending_nothing,
            after_a_reset,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        let empties = seen.receives.iter().skip(1).all(|bytes| bytes.0.is_empty());
        Verdict::decide(
            !empties,
            "recv waited for a client that has gone",
            "recv does not block: it returns empty at once, for ever, and a loop that goes on \
             burns a processor; so the remedy is right (break on empty), and only a reset is an \
             error",
        )
    }
}
