//! Must a UDP server wait to be spoken to?

use std::net::UdpSocket;

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::Datagram;
use crate::experiment::report::{Steps, Verdict};

/// Whoever knows an address can send to it.
pub struct UdpServerSpeaksFirst;

/// What the client received unasked.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// Datagrams that the client had sent before.
    pub sent_by_client: usize,
    /// The server's message.
    pub client_received: Datagram,
}

impl Experiment for UdpServerSpeaksFirst {
    const NAME: &'static str = "udp-server-speaks-first";
    const CLAIM: &'static str = "a UDP server can only wait passively for a client's message";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("bind both; the server knows the client's address from elsewhere");
        let server = UdpSocket::bind("127.0.0.1:0")?;
        let client = UdpSocket::bind("127.0.0.1:0")?;

        log.step("the server sends, the client receives");
        server.send_to(b"news", client.local_addr()?)?;
        Ok(Seen {
            sent_by_client: 0,
            client_received: Datagram::receive(&client, 1024)?,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.client_received.data.0.is_empty(),
            "the server's message did not arrive",
            "UDP itself knows no server: either end may speak first. A server waits because it \
             does not know its clients' addresses, which the system chose for them",
        )
    }
}
