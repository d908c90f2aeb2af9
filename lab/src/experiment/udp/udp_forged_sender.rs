//! One datagram with a false sender sets two echo servers against each other.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::Datagram;
use crate::experiment::report::{Steps, Verdict};
use crate::host::forgery::send_as;

/// The sender's address is what the datagram says, not who sent it.
pub struct UdpForgedSender;

/// Who answered whom, and how often.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// Datagrams that the forger sent.
    pub forged: u32,
    /// Where server A listens, which has sent nothing by then.
    pub server_a: SocketAddr,
    /// What server B received first.
    pub first_at_b: Datagram,
    /// What A received first.
    pub first_at_a: Datagram,
    /// How often each has answered when the experiment stops them.
    pub answers_of_each: usize,
    /// What lies at B by then.
    pub next_at_b: Datagram,
}

impl Experiment for UdpForgedSender {
    const NAME: &'static str = "udp-forged-sender";
    const CLAIM: &'static str = "recvfrom returns the data and the address of who sent it";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("bind two echo servers, A and B");
        let a = UdpSocket::bind("127.0.0.1:0")?;
        let b = UdpSocket::bind("127.0.0.1:0")?;
        let (server_a, server_b) = (a.local_addr()?, b.local_addr()?);
        for server in [&a, &b] {
            server.set_read_timeout(Some(Duration::from_secs(5)))?;
        }

        log.step(
            "a third sends one datagram to B, through a raw socket: A's port is in its header",
        );
        let forged = 1;
        send_as(server_a, server_b, b"hello")?;

        let answers_of_each = 1000;
        log.step("each server answers whatever comes, to wherever it came from, a thousand times");
        let echo = |server: &UdpSocket| -> Result<Datagram> {
            let request = Datagram::receive(server, 1024)?;
            server.send_to(&request.data.0.to_ascii_uppercase(), request.from)?;
            Ok(request)
        };
        let (first_at_b, first_at_a) = (echo(&b)?, echo(&a)?);
        for _ in 1..answers_of_each {
            echo(&b)?;
            echo(&a)?;
        }
        Ok(Seen {
            forged,
            server_a,
            first_at_b,
            first_at_a,
            answers_of_each,
            next_at_b: Datagram::receive(&b, 1024)?,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.first_at_b.from != seen.server_a,
            "the forged address was not taken for the sender's",
            "it returns the address that the datagram names. A had sent nothing, and B answered A; \
             A took the answer for a question, and so on. Without the experiment's limit, one \
             datagram keeps two echo servers busy until somebody stops one of them",
        )
    }
}
