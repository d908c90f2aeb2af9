//! `settimeout`, `setblocking`, and what each error is called.

use std::io::Read;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::{Failure, milliseconds};
use crate::experiment::report::{Steps, Verdict};

/// A call can wait for ever, for a while, or not at all.
pub struct TimeoutsAndBlocking;

/// What calls gave that had nothing to receive.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The timeout of a new socket: none, it waits for ever.
    pub timeout_at_first: Option<f64>,
    /// What `gettimeout` returns after 200 ms were set.
    pub timeout_ms: Option<f64>,
    /// The error of `recv` then (Python: `socket.timeout`, since 3.10 also `TimeoutError`).
    pub with_timeout: Option<Failure>,
    /// How long it took.
    pub waited_ms: f64,
    /// The error with `setblocking(False)` (Python: `BlockingIOError`).
    pub without_blocking: Option<Failure>,
    /// How long that took.
    pub did_not_wait_ms: f64,
    /// `accept` with `setblocking(False)` when nobody connects.
    pub accept_without_blocking: Option<Failure>,
    /// `recvfrom` of UDP with a timeout.
    pub udp_with_timeout: Option<Failure>,
}

impl Experiment for TimeoutsAndBlocking {
    const NAME: &'static str = "timeouts-and-blocking";
    const CLAIM: &'static str =
        "setblocking makes calls wait or not, settimeout limits how long, gettimeout tells";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;
        let timeout_at_first = server.read_timeout()?.map(milliseconds);
        let mut buffer = [0; 16];

        log.step("settimeout(0.2), then recv; nobody sends");
        server.set_read_timeout(Some(Duration::from_millis(200)))?;
        let timeout_ms = server.read_timeout()?.map(milliseconds);
        let begun = Instant::now();
        let with_timeout = Failure::of(&server.read(&mut buffer));
        let waited_ms = milliseconds(begun.elapsed());

        log.step("setblocking(False), then recv");
        server.set_nonblocking(true)?;
        let begun = Instant::now();
        let without_blocking = Failure::of(&server.read(&mut buffer));
        let did_not_wait_ms = milliseconds(begun.elapsed());

        log.step("setblocking(False) on a listener, then accept; nobody connects");
        listener.set_nonblocking(true)?;
        let accept_without_blocking = Failure::of(&listener.accept());

        log.step("settimeout(0.2) on a UDP socket, then recvfrom");
        let udp = UdpSocket::bind("127.0.0.1:0")?;
        udp.set_read_timeout(Some(Duration::from_millis(200)))?;
        let udp_with_timeout = Failure::of(&udp.recv_from(&mut buffer));

        drop(client);
        Ok(Seen {
            timeout_at_first,
            timeout_ms,
            with_timeout,
            waited_ms,
            without_blocking,
            did_not_wait_ms,
            accept_without_blocking,
            udp_with_timeout,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.with_timeout.is_some() && seen.without_blocking.is_some(),
            "on Unix both are the same error, EAGAIN: a limit that passed, or none was wanted. \
             Python tells them apart: BlockingIOError for the latter, socket.timeout (since 3.10 \
             another name of TimeoutError) for the former; Rust calls both WouldBlock here, and \
             the former TimedOut on Windows",
            "a call that had nothing to receive succeeded",
        )
    }
}
