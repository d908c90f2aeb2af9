//! `getsockname` and `getpeername`: the two ends of a connection.

use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};

use anyhow::Result;
use serde::Serialize;
use socket2::{Domain, Socket, Type};

use crate::experiment::Experiment;
use crate::experiment::observation::Failure;
use crate::experiment::report::{Steps, Verdict};

/// Each socket knows its own address and its peer's.
pub struct SocketAddresses;

/// Who has which address.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The listener's `getsockname`.
    pub listener: SocketAddr,
    /// The client's `getsockname`: the system chose the port, no bind was needed.
    pub client: SocketAddr,
    /// The address that `accept` returned beside the connection.
    pub accept_returned: SocketAddr,
    /// The client's `getpeername`.
    pub client_peer: SocketAddr,
    /// `getsockname` of the socket that `accept` returned: the listener's port again.
    pub accepted: SocketAddr,
    /// Its `getpeername`.
    pub accepted_peer: SocketAddr,
    /// `getpeername` of the listener, which has no peer.
    pub listener_peer: Option<Failure>,
    /// A UDP socket's port before its first `sendto`.
    pub udp_port_before: u16,
    /// And after it.
    pub udp_port_after: u16,
}

impl Experiment for SocketAddresses {
    const NAME: &'static str = "socket-addresses";
    const CLAIM: &'static str =
        "getsockname is a socket's own address, getpeername its peer's; a client needs no bind";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("bind and listen, connect, accept; ask all three for both addresses");
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let client = TcpStream::connect(listener.local_addr()?)?;
        let (accepted, accept_returned) = listener.accept()?;
        let listener_peer = Failure::of(&socket2::SockRef::from(&listener).peer_addr());

        log.step("a UDP socket without bind: its port before and after sendto");
        let server = UdpSocket::bind("127.0.0.1:0")?;
        let udp = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
        let port = || {
            udp.local_addr()
                .map(|own| own.as_socket().map_or(0, |own| own.port()))
        };
        // Windows has no address for such a socket at all.
        let udp_port_before = port().unwrap_or(0);
        udp.send_to(b"hello", &server.local_addr()?.into())?;

        Ok(Seen {
            listener: listener.local_addr()?,
            client: client.local_addr()?,
            accept_returned,
            client_peer: client.peer_addr()?,
            accepted: accepted.local_addr()?,
            accepted_peer: accepted.peer_addr()?,
            listener_peer,
            udp_port_before,
            udp_port_after: port()?,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        let crossed = seen.client == seen.accepted_peer && seen.accepted == seen.client_peer;
        let crossed = crossed && seen.accept_returned == seen.client;
        Verdict::decide(
            crossed && seen.udp_port_before == 0 && seen.udp_port_after != 0,
            "one end's own address is the other's peer; the system gives a client its port at \
             connect, or at the first sendto. A connection has no port of its own at the server: \
             all share the listener's, and the peer tells them apart",
            "the addresses do not match",
        )
    }
}
