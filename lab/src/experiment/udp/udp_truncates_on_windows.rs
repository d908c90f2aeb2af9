//! The same receive where the system is Windows.

use std::net::UdpSocket;

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::{Datagram, Failure};
use crate::experiment::report::{Steps, Verdict};
use crate::host::cannot_be_seen;

/// Windows reports a datagram that is larger than the buffer as an error.
pub struct UdpTruncatesOnWindows;

/// What Windows says.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The error of `recvfrom(4)` for a datagram of ten bytes (Winsock names it
    /// `WSAEMSGSIZE`, 10040).
    pub error: Option<Failure>,
}

impl Experiment for UdpTruncatesOnWindows {
    const NAME: &'static str = "udp-truncates-on-windows";
    const CLAIM: &'static str = "on Windows a receive smaller than the datagram is an error";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        if !cfg!(windows) {
            return cannot_be_seen("it needs a Windows machine: run this same experiment there");
        }
        log.step("send ten bytes, and receive with recvfrom(4)");
        let server = UdpSocket::bind("127.0.0.1:0")?;
        let client = UdpSocket::bind("127.0.0.1:0")?;
        client.send_to(b"0123456789", server.local_addr()?)?;
        Ok(Seen {
            error: Failure::of(&Datagram::receive(&server, 4)),
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.error.is_some(),
            "the receive failed",
            "the receive succeeded",
        )
    }
}
