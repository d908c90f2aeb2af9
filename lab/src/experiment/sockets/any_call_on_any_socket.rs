//! `recv` and `recvfrom`, `send` and `sendto`: which is for which protocol?

use std::io::Write;
use std::mem::MaybeUninit;
use std::net::{TcpListener, TcpStream, UdpSocket};

use anyhow::Result;
use serde::Serialize;
use socket2::{Domain, SockRef, Socket, Type};

use crate::experiment::Experiment;
use crate::experiment::observation::{Bytes, Failure};
use crate::experiment::report::{Steps, Verdict};

/// All of them take both kinds of socket.
pub struct AnyCallOnAnySocket;

/// What the "wrong" calls did.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// `recv` on a UDP socket.
    pub recv_on_udp: Bytes,
    /// `recvfrom` on a TCP socket.
    pub recvfrom_on_tcp: Bytes,
    /// Whether it came with an address.
    pub recvfrom_on_tcp_gave_address: bool,
    /// `sendto` on a TCP socket that is not connected, as in one of the lessons' UDP clients
    /// (Python: `BrokenPipeError` on Linux).
    pub sendto_on_new_tcp: Option<Failure>,
    /// `recv` on a TCP socket that is not connected.
    pub recv_on_new_tcp: Option<Failure>,
}

impl Experiment for AnyCallOnAnySocket {
    const NAME: &'static str = "any-call-on-any-socket";
    const CLAIM: &'static str = "recv and send are for TCP, recvfrom and sendto are for UDP";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("sendto a UDP socket, which calls recv");
        let server = UdpSocket::bind("127.0.0.1:0")?;
        let client = UdpSocket::bind("127.0.0.1:0")?;
        client.send_to(b"datagram", server.local_addr()?)?;
        let mut buffer = [0; 64];
        let received = server.recv(&mut buffer)?;
        let recv_on_udp = Bytes::from(&buffer[..received]);

        log.step("send to a TCP socket, which calls recvfrom");
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut client = TcpStream::connect(listener.local_addr()?)?;
        let (server, _) = listener.accept()?;
        client.write_all(b"stream")?;
        // recvfrom fills memory that only unsafe code could read, so it is looked at before.
        let mut room = [MaybeUninit::uninit(); 64];
        let looked_at = server.peek(&mut buffer)?;
        let (taken, from) = SockRef::from(&server).recv_from(&mut room)?;
        let recvfrom_on_tcp = Bytes::from(&buffer[..taken.min(looked_at)]);

        log.step("a TCP socket that is not connected: sendto with an address, recv");
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        let address = listener.local_addr()?.into();
        let sendto_on_new_tcp = Failure::of(&socket.send_to(b"hello", &address));
        let recv_on_new_tcp = Failure::of(&socket.recv(&mut [MaybeUninit::uninit(); 16]));

        Ok(Seen {
            recv_on_udp,
            recvfrom_on_tcp,
            recvfrom_on_tcp_gave_address: from.as_socket().is_some(),
            sendto_on_new_tcp,
            recv_on_new_tcp,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        let both = seen.recv_on_udp.0 == b"datagram" && seen.recvfrom_on_tcp.0 == b"stream";
        Verdict::decide(
            !both,
            "a call refused the other kind of socket",
            "recv is recvfrom without the address, whatever the socket is; what the protocol does \
             demand is a connection: sendto can't replace connect on TCP",
        )
    }
}
