//! A datagram as it goes over the wire, byte by byte.

use std::net::UdpSocket;

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::Bytes;
use crate::experiment::report::{Steps, Verdict};
use crate::host::namespace::{End, Wire};

/// Ethernet header, IP header, UDP header of eight bytes, data.
pub struct UdpHeader;

/// A frame, taken apart.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The whole frame's length.
    pub frame_bytes: usize,
    /// Two hardware addresses and the type: 14 bytes.
    pub ethernet_header: Bytes,
    /// The IP header: 20 bytes.
    pub ip_header: Bytes,
    /// The UDP header: 8 bytes.
    pub udp_header: Bytes,
    /// Its first field: the port of the sender.
    pub source_port: u16,
    /// Its second: the port of the receiver.
    pub destination_port: u16,
    /// Its third: the bytes of header and data together.
    pub length: u16,
    /// Its fourth. On this wire it is only begun, with the sum over the addresses: the kernel
    /// leaves the rest to the network card, and there is none.
    pub checksum: u16,
    /// What is left.
    pub data: Bytes,
    /// The sender's port as the sender knows it.
    pub client_port: u16,
    /// The same of the receiver.
    pub server_port: u16,
}

impl Experiment for UdpHeader {
    const NAME: &'static str = "udp-header";
    const CLAIM: &'static str =
        "on the wire a message is: Ethernet header, IP header, UDP header of 8 bytes, data";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("make two network namespaces and a wire, and listen on it for every frame");
        let wire = Wire::new()?;
        let tap = Tap::new(&wire)?;

        log.step("send b'hello' as one datagram, and take the frame that carries it");
        let server = wire.at(End::Server, || {
            Ok(UdpSocket::bind((End::Server.address(), 0))?)
        })?;
        let client = wire.at(End::Client, || {
            Ok(UdpSocket::bind((End::Client.address(), 0))?)
        })?;
        client.send_to(b"hello", server.local_addr()?)?;
        let ipv4_udp =
            |frame: &[u8]| frame.len() == 47 && frame[12..14] == [8, 0] && frame[23] == 17;
        let frame = loop {
            let frame = tap.next_frame()?;
            if ipv4_udp(&frame) {
                break frame;
            }
        };
        let (ethernet, packet) = frame.split_at(14);
        let (ip, datagram) = packet.split_at(20);
        let (udp, data) = datagram.split_at(8);
        let field = |at: usize| u16::from_be_bytes([udp[at], udp[at + 1]]);
        Ok(Seen {
            frame_bytes: frame.len(),
            ethernet_header: Bytes::from(ethernet),
            ip_header: Bytes::from(ip),
            udp_header: Bytes::from(udp),
            source_port: field(0),
            destination_port: field(2),
            length: field(4),
            checksum: field(6),
            data: Bytes::from(data),
            client_port: client.local_addr()?.port(),
            server_port: server.local_addr()?.port(),
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        let ports = (seen.source_port, seen.destination_port);
        Verdict::decide(
            ports == (seen.client_port, seen.server_port) && seen.data.0 == b"hello",
            "8 bytes: source port, destination port, length, checksum, and then the data; the \
             addresses are in the IP header before it. (The checksum is unfinished: a network card \
             would complete it, and this wire has none.)",
            "the frame is built otherwise",
        )
    }
}

/// A packet socket (`AF_PACKET`): it receives whole frames.
#[cfg(target_os = "linux")]
struct Tap(socket2::Socket);

#[cfg(target_os = "linux")]
impl Tap {
    fn new(wire: &Wire) -> Result<Self> {
        use socket2::{Domain, Protocol, Socket, Type};
        // ETH_P_ALL, every protocol, in network order.
        let every = Protocol::from(i32::from(3_u16.to_be()));
        let socket = wire.at(End::Server, || {
            Ok(Socket::new(Domain::PACKET, Type::RAW, Some(every))?)
        })?;
        socket.set_read_timeout(Some(std::time::Duration::from_secs(5)))?;
        Ok(Self(socket))
    }

    fn next_frame(&self) -> Result<Vec<u8>> {
        use std::io::Read;
        let mut frame = vec![0; 2048];
        let length = (&self.0).read(&mut frame)?;
        frame.truncate(length);
        Ok(frame)
    }
}

#[cfg(not(target_os = "linux"))]
struct Tap;

#[cfg(not(target_os = "linux"))]
impl Tap {
    fn new(_wire: &Wire) -> Result<Self> {
        super::cannot_be_seen("it needs Linux")
    }

    fn next_frame(&self) -> Result<Vec<u8>> {
        super::cannot_be_seen("it needs Linux")
    }
}
