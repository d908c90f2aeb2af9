//! Sending to nobody.

use std::net::UdpSocket;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::{Bytes, Datagram, Failure};
use crate::experiment::report::{Steps, Verdict};

/// The client may start first: its sends do not fail.
pub struct UdpNeedsNoServer;

/// What the client noticed.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// How many datagrams were sent to a port where nobody is.
    pub sent_to_nobody: usize,
    /// The errors of those sends.
    pub errors: Vec<Failure>,
    /// The error of the next call on a connected socket.
    pub error_when_connected: Option<Failure>,
    /// What a server that started after all that received first.
    pub late_server_received: Bytes,
}

impl Experiment for UdpNeedsNoServer {
    const NAME: &'static str = "udp-needs-no-server";
    const CLAIM: &'static str =
        "UDP has no connection: either end may start first, sending to nobody is no error";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("find a port where nobody is: bind one and close it again");
        let nobody = UdpSocket::bind("127.0.0.1:0")?.local_addr()?;

        log.step("sendto there, three times");
        let client = UdpSocket::bind("127.0.0.1:0")?;
        let mut errors = Vec::new();
        let sent_to_nobody = 3;
        for _ in 0..sent_to_nobody {
            errors.extend(Failure::of(&client.send_to(b"anybody?", nobody)));
        }

        log.step("a socket that is connected to the port: send, then recv");
        let connected = UdpSocket::bind("127.0.0.1:0")?;
        connected.connect(nobody)?;
        connected.set_read_timeout(Some(Duration::from_secs(10)))?;
        connected.send(b"anybody?")?;
        let error_when_connected = Failure::of(&connected.recv(&mut [0; 16]));

        log.step("start the server now, and send once more from the first socket");
        let server = UdpSocket::bind(nobody)?;
        client.send_to(b"at last", nobody)?;
        let late_server_received = Datagram::receive(&server, 1024)?.data;

        Ok(Seen {
            sent_to_nobody,
            errors,
            error_when_connected,
            late_server_received,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.errors.is_empty(),
            "what was sent before the server came is lost and no call failed; the system did say \
             so (ICMP, port unreachable), which only a connected socket hears",
            "a send to nobody failed",
        )
    }
}
