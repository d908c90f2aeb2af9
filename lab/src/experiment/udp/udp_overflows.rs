//! Nobody receives: the buffer fills, and datagrams vanish.

use std::net::UdpSocket;

use anyhow::Result;
use serde::Serialize;
use socket2::SockRef;

use crate::experiment::Experiment;
use crate::experiment::report::{Steps, Verdict};
use crate::host::sockets;

/// What is sent and not received is lost, but not all of it.
pub struct UdpOverflows;

/// Where the datagrams went.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// Datagrams of 1,000 bytes that were sent; no send failed.
    pub sent: u64,
    /// The server's receive buffer in bytes; Linux doubles what it was asked for.
    pub receive_buffer: usize,
    /// The memory that the waiting datagrams took of it, book-keeping included.
    pub waiting_bytes: u64,
    /// Datagrams that the server still got when it began to receive.
    pub received: u64,
    /// Datagrams dropped for this socket, as `/proc/net/udp` counts them.
    pub dropped: u64,
    /// By how much the system's counter `Udp: RcvbufErrors` in `/proc/net/snmp` rose.
    pub rcvbuf_errors_rose_by: u64,
}

impl Experiment for UdpOverflows {
    const NAME: &'static str = "udp-overflows";
    const CLAIM: &'static str = "if one end only sends and the other never receives, data is lost";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("bind a server, with a receive buffer of 100,000 bytes (SO_RCVBUF)");
        let server = UdpSocket::bind("127.0.0.1:0")?;
        SockRef::from(&server).set_recv_buffer_size(100_000)?;
        let client = UdpSocket::bind("127.0.0.1:0")?;
        let address = server.local_addr()?;
        let counted = sockets::counter("Udp", "RcvbufErrors")?;

        log.step("send 1,000 datagrams of 1,000 bytes; nobody receives");
        let sent = 1000;
        for _ in 0..sent {
            client.send_to(&[b'x'; 1000], address)?;
        }

        log.step("read the drops of this socket in /proc/net/udp, and what waits in its buffer");
        let dropped = || anyhow::Ok(sockets::udp_socket(address)?.drops);
        sockets::wait_until("the buffer is full", || Ok(dropped()? > 0))?;
        let waiting_bytes = sockets::udp_socket(address)?.receive_queue;

        log.step("receive what is left; then read the drops, and RcvbufErrors in /proc/net/snmp");
        server.set_nonblocking(true)?;
        let mut received = 0;
        sockets::wait_until("each datagram was received or dropped", || {
            while server.recv_from(&mut [0; 1024]).is_ok() {
                received += 1;
            }
            Ok(received + dropped()? == sent)
        })?;
        Ok(Seen {
            sent,
            receive_buffer: SockRef::from(&server).recv_buffer_size()?,
            waiting_bytes,
            received,
            dropped: dropped()?,
            rcvbuf_errors_rose_by: sockets::counter("Udp", "RcvbufErrors")? - counted,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.dropped > 0 && seen.received + seen.dropped == seen.sent,
            "the first datagrams wait in the receive buffer, whoever receives late still gets \
             them; once it is full each further one is thrown away and counted (for the socket, column drops; for all, RcvbufErrors), and no send fails",
            "everything that was sent arrived",
        )
    }
}
