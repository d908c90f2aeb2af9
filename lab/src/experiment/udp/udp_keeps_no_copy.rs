//! Who keeps what was sent, until it has arrived?

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::report::{Steps, Verdict};
use crate::host::sockets;

/// TCP does, to send it again; UDP does not.
pub struct UdpKeepsNoCopy;

/// What the senders' systems still held, in bytes.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// Bytes sent over UDP; nobody has received them.
    pub udp_sent: usize,
    /// What the sender's socket keeps of them.
    pub udp_kept_by_sender: u64,
    /// What waits at the receiver's socket (memory, book-keeping included).
    pub udp_waits_at_receiver: u64,
    /// Bytes that TCP's `send` took; nobody has received them.
    pub tcp_sent: u64,
    /// What the sender's socket keeps: not acknowledged yet.
    pub tcp_kept_by_sender: u64,
    /// What waits at the receiver's socket.
    pub tcp_waits_at_receiver: u64,
}

impl Experiment for UdpKeepsNoCopy {
    const NAME: &'static str = "udp-keeps-no-copy";
    const CLAIM: &'static str = "UDP does not keep in memory what it sends";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("send 50 datagrams of 1,000 bytes; nobody receives");
        let server = UdpSocket::bind("127.0.0.1:0")?;
        let client = UdpSocket::bind("127.0.0.1:0")?;
        let mut udp_sent = 0;
        for _ in 0..50 {
            udp_sent += client.send_to(&[b'x'; 1000], server.local_addr()?)?;
        }
        sockets::wait_until("the datagrams have left", || {
            Ok(sockets::udp_socket(client.local_addr()?)?.send_queue == 0)
        })?;
        let udp_kept_by_sender = sockets::udp_socket(client.local_addr()?)?.send_queue;
        let udp_waits_at_receiver = sockets::udp_socket(server.local_addr()?)?.receive_queue;

        log.step("send over TCP until there is no more room; nobody receives");
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let mut client = TcpStream::connect(address)?;
        let (_server, peer) = listener.accept()?;
        client.set_nonblocking(true)?;
        let mut tcp_sent = 0;
        loop {
            match client.write(&[b'x'; 10_000]) {
                Ok(sent) => tcp_sent += sent as u64,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        let own = sockets::tcp_socket(peer, address)?;
        let other = sockets::tcp_socket(address, peer)?;
        Ok(Seen {
            udp_sent,
            udp_kept_by_sender,
            udp_waits_at_receiver,
            tcp_sent,
            tcp_kept_by_sender: own.map_or(0, |socket| socket.send_queue),
            tcp_waits_at_receiver: other.map_or(0, |socket| socket.receive_queue),
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.udp_kept_by_sender == 0 && seen.tcp_kept_by_sender > 0,
            "a datagram is gone from the sender as soon as it is sent, so it can't be sent again; \
             TCP keeps every byte until the peer has acknowledged it. (At the receiver datagrams \
             do wait in memory.)",
            "UDP kept something, or TCP nothing",
        )
    }
}
