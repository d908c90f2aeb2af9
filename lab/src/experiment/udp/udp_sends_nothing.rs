//! An empty datagram arrives; an empty send on TCP does not.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::{Bytes, Datagram, Failure};
use crate::experiment::report::{Steps, Verdict};

/// UDP may send nothing, TCP can't.
pub struct UdpSendsNothing;

/// What arrived of nothing.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The address of the UDP client.
    pub udp_client: SocketAddr,
    /// What the UDP server received.
    pub udp_received: Datagram,
    /// What the client's empty `send` on TCP returned.
    pub tcp_send_returned: usize,
    /// What the TCP server's `recv` gave then: an error, since there is nothing to return.
    pub tcp_received: Option<Failure>,
    /// What it gave after one more byte was sent.
    pub tcp_received_next: Bytes,
}

impl Experiment for UdpSendsNothing {
    const NAME: &'static str = "udp-sends-nothing";
    const CLAIM: &'static str = "UDP can send nothing (the address still comes along), TCP cannot";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("a UDP client sends b'' and the server calls recvfrom");
        let server = UdpSocket::bind("127.0.0.1:0")?;
        let client = UdpSocket::bind("127.0.0.1:0")?;
        client.send_to(b"", server.local_addr()?)?;
        let udp_received = Datagram::receive(&server, 1024)?;

        log.step("a TCP client sends b'' and the server calls recv without blocking");
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut tcp_client = TcpStream::connect(listener.local_addr()?)?;
        let (mut tcp_server, _) = listener.accept()?;
        let tcp_send_returned = tcp_client.write(b"")?;
        let mut buffer = [0; 1024];
        tcp_server.set_nonblocking(true)?;
        let tcp_received = Failure::of(&tcp_server.read(&mut buffer));

        log.step("it sends b'!', and the server calls recv again");
        tcp_client.write_all(b"!")?;
        tcp_server.set_nonblocking(false)?;
        let received = tcp_server.read(&mut buffer)?;

        Ok(Seen {
            udp_client: client.local_addr()?,
            udp_received,
            tcp_send_returned,
            tcp_received,
            tcp_received_next: Bytes::from(&buffer[..received]),
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        let udp = seen.udp_received.data.0.is_empty() && seen.udp_received.from == seen.udp_client;
        let tcp = seen.tcp_received.is_some() && seen.tcp_received_next.0 == b"!";
        Verdict::decide(
            udp && tcp,
            "an empty datagram is a header without data, and a header names its sender; an empty \
             send adds no byte to a stream, so there is nothing to receive",
            "one of the two arrived otherwise",
        )
    }
}
