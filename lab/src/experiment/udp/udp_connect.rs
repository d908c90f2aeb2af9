//! Addresses with every message, or once.

use std::net::UdpSocket;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;
use socket2::SockRef;

use crate::experiment::Experiment;
use crate::experiment::observation::{Bytes, Datagram, Failure};
use crate::experiment::report::{Steps, Verdict};

/// A connected UDP socket needs no address, and hears its peer alone.
pub struct UdpConnect;

/// What passed without an address.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// `send` without an address on a UDP socket that is not connected.
    pub send_unconnected: Option<Failure>,
    /// What the server received from a connected socket's `send`, no address given.
    pub server_received: Datagram,
    /// What the client's `recv` returned: its server's answer.
    pub client_received: Bytes,
    /// What it gave of a stranger's datagram, sent before: nothing in 100 ms.
    pub stranger: Option<Failure>,
}

impl Experiment for UdpConnect {
    const NAME: &'static str = "udp-connect";
    const CLAIM: &'static str =
        "over UDP the client gives the server's address with each message, the server the client's";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        let server = UdpSocket::bind("127.0.0.1:0")?;
        let client = UdpSocket::bind("127.0.0.1:0")?;

        log.step("send without an address");
        let send_unconnected = Failure::of(&SockRef::from(&client).send(b"hello"));

        log.step("connect the socket, and send without an address");
        client.connect(server.local_addr()?)?;
        client.send(b"hello")?;
        let server_received = Datagram::receive(&server, 1024)?;

        log.step("a stranger sends to the client");
        let stranger = UdpSocket::bind("127.0.0.1:0")?;
        stranger.send_to(b"not for you", client.local_addr()?)?;
        client.set_read_timeout(Some(Duration::from_millis(100)))?;
        let mut buffer = [0; 1024];
        let from_stranger = Failure::of(&client.recv(&mut buffer));

        log.step("the server answers");
        client.set_read_timeout(None)?;
        server.send_to(b"HELLO", server_received.from)?;
        let received = client.recv(&mut buffer)?;

        Ok(Seen {
            send_unconnected,
            server_received,
            client_received: Bytes::from(&buffer[..received]),
            stranger: from_stranger,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.server_received.data.0.is_empty(),
            "a message without an address does not arrive",
            "it must until the socket is connected. connect sends nothing on UDP; it notes the \
             peer, so that send needs no address, errors come back, and datagrams of strangers are \
             kept out. A server with many clients does need each one's address",
        )
    }
}
