//! What a query costs over UDP and over TCP.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Instant;

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::{median, milliseconds};
use crate::experiment::report::{Steps, Verdict};

/// UDP saves the connection; a round trip itself costs about the same.
pub struct UdpIsQuicker;

/// Medians, in milliseconds; all measured in turn, in one run.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// How often each was measured.
    pub times: usize,
    /// One question and one answer over UDP.
    pub udp_query_ms: f64,
    /// Connect, one question, one answer, close.
    pub tcp_query_ms: f64,
    /// One question and one answer on a connection that is there already.
    pub tcp_round_trip_ms: f64,
    /// A query over TCP, connection included, against one over UDP.
    pub query_ratio: f64,
    /// A round trip over TCP against one over UDP.
    pub round_trip_ratio: f64,
}

impl Experiment for UdpIsQuicker {
    const NAME: &'static str = "udp-is-quicker";
    const CLAIM: &'static str = "UDP is quicker than TCP, and so suits queries (time, names)";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("bind a UDP server and a TCP server, connect one client to the latter");
        let udp_server = UdpSocket::bind("127.0.0.1:0")?;
        let udp_client = UdpSocket::bind("127.0.0.1:0")?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let mut client = TcpStream::connect(address)?;
        let (mut server, _) = listener.accept()?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;

        log.step("300 times in turn: a query over UDP, one over TCP, one on the open connection");
        let (mut udp, mut tcp, mut round_trip) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..300 {
            let begun = Instant::now();
            udp_query(&udp_client, &udp_server)?;
            udp.push(begun.elapsed());

            let begun = Instant::now();
            tcp_query(address, &listener)?;
            tcp.push(begun.elapsed());

            let begun = Instant::now();
            tcp_round_trip(&mut client, &mut server)?;
            round_trip.push(begun.elapsed());
        }
        let times = udp.len();
        let [udp, tcp, round_trip] = [udp, tcp, round_trip].map(median).map(milliseconds);
        let ratio = |a: f64, b: f64| (a / b * 10.0).round() / 10.0;
        Ok(Seen {
            times,
            udp_query_ms: udp,
            tcp_query_ms: tcp,
            tcp_round_trip_ms: round_trip,
            query_ratio: ratio(tcp, udp),
            round_trip_ratio: ratio(round_trip, udp),
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.query_ratio > 1.5,
            "for a single question TCP pays for making and ending a connection; once that is \
             there, a round trip costs about as much as over UDP. (Both ends are on one machine: \
             over a real network the handshake is one more trip there and back.)",
            "a query over TCP took no longer than one over UDP",
        )
    }
}

/// sendto, recvfrom, sendto, recvfrom. Both ends run in one thread: what is measured is the
/// calls, not the switching between threads.
fn udp_query(client: &UdpSocket, server: &UdpSocket) -> Result<()> {
    let mut buffer = [0; 64];
    client.send_to(b"%Y-%m-%d %X", server.local_addr()?)?;
    let (_, peer) = server.recv_from(&mut buffer)?;
    server.send_to(b"2024-01-01 12:00:00", peer)?;
    client.recv_from(&mut buffer)?;
    Ok(())
}

/// connect, accept, send, recv, send, recv, close.
fn tcp_query(address: SocketAddr, listener: &TcpListener) -> Result<()> {
    let mut client = TcpStream::connect(address)?;
    let (mut server, _) = listener.accept()?;
    tcp_round_trip(&mut client, &mut server)
}

/// send, recv, send, recv.
fn tcp_round_trip(client: &mut TcpStream, server: &mut TcpStream) -> Result<()> {
    let (question, answer) = (b"%Y-%m-%d %X", b"2024-01-01 12:00:00");
    client.write_all(question)?;
    server.read_exact(&mut [0; 11])?;
    server.write_all(answer)?;
    client.read_exact(&mut [0; 19])?;
    Ok(())
}
