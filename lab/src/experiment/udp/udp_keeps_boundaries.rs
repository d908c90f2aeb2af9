//! Three sends are three receives.

use std::net::UdpSocket;

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::{Bytes, Datagram};
use crate::experiment::report::{Steps, Verdict};

/// UDP never glues messages together.
pub struct UdpKeepsBoundaries;

/// What arrived.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// What each `sendto` was given.
    pub sends: Vec<Bytes>,
    /// What each `recvfrom(1024)` returned.
    pub receives: Vec<Datagram>,
}

impl Experiment for UdpKeepsBoundaries {
    const NAME: &'static str = "udp-keeps-boundaries";
    const CLAIM: &'static str = "UDP keeps messages apart: one send is one receive, whole";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("bind a server; the client takes any port");
        let server = UdpSocket::bind("127.0.0.1:0")?;
        let client = UdpSocket::bind("127.0.0.1:0")?;

        log.step("the client sends three times before the server receives at all");
        let sends: [&[u8]; 3] = [b"hello", b"world", b"sdfas"];
        for message in sends {
            client.send_to(message, server.local_addr()?)?;
        }

        log.step("the server calls recvfrom(1024) three times: room for all of them in one");
        let mut receives = Vec::new();
        for _ in sends {
            receives.push(Datagram::receive(&server, 1024)?);
        }
        Ok(Seen {
            sends: sends.map(Bytes::from).to_vec(),
            receives,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        let one_to_one = seen.receives.iter().map(|datagram| &datagram.data);
        Verdict::decide(
            one_to_one.eq(&seen.sends),
            "each datagram arrived by itself, with the address it came from",
            "the datagrams arrived otherwise than they were sent",
        )
    }
}
