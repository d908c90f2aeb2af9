//! Two UDP servers on one port.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use anyhow::Result;
use serde::Serialize;
use socket2::{Domain, Socket, Type};

use crate::experiment::Experiment;
use crate::experiment::observation::Failure;
use crate::experiment::report::{Steps, Verdict};
use crate::host::sockets;

/// SO_REUSEADDR means something else on UDP: it lets another server take the port over.
pub struct ReuseaddrOnUdp;

/// Who got the datagrams.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The second server's `bind` without SO_REUSEADDR.
    pub second_without: Option<Failure>,
    /// The first server's `bind` when it is started again, without SO_REUSEADDR.
    pub restart_without: Option<Failure>,
    /// The second server's `bind` with SO_REUSEADDR on both.
    pub second_with: Option<Failure>,
    /// Datagrams that were then sent to the port, from five clients.
    pub sent: usize,
    /// Those that the first server got.
    pub first_received: usize,
    /// Those that the second got.
    pub second_received: usize,
    /// What the first got of as many more, after the second had closed.
    pub first_received_afterwards: usize,
}

impl Experiment for ReuseaddrOnUdp {
    const NAME: &'static str = "reuseaddr-on-udp";
    const CLAIM: &'static str =
        "a UDP server sets SO_REUSEADDR before bind, as a TCP server does, for the same good";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("two servers on one port, without SO_REUSEADDR");
        let alone = server((Ipv4Addr::LOCALHOST, 0).into(), false)?;
        let second_without = Failure::of(&server(alone.local_addr()?, false));

        log.step("a client sends to the first; it receives, closes, and is started again");
        let address = alone.local_addr()?;
        UdpSocket::bind("127.0.0.1:0")?.send_to(b"hello", address)?;
        alone.recv_from(&mut [0; 16])?;
        drop(alone);
        let restart_without = Failure::of(&sockets::patiently(|| server(address, false)));

        log.step("two servers on one port, with it");
        let first = server((Ipv4Addr::LOCALHOST, 0).into(), true)?;
        let address = first.local_addr()?;
        let second = server(address, true);
        let second_with = Failure::of(&second);

        log.step("five clients send two datagrams each");
        let sent = send_ten(address)?;
        let (mut first_received, mut second_received) = (0, 0);
        sockets::wait_until("all of them have arrived", || {
            first_received += received(&first)?;
            second_received += second.as_ref().map_or(Ok(0), received)?;
            Ok(first_received + second_received == sent)
        })?;

        log.step("the second server closes; five clients send again");
        drop(second);
        sockets::wait_until("it is gone", || {
            // Where the system does not list them it is.
            let sockets = sockets::udp_sockets(address.port());
            Ok(sockets.map_or(true, |sockets| sockets.len() == 1))
        })?;
        let sent_again = send_ten(address)?;
        let mut first_received_afterwards = 0;
        sockets::wait_until("all of them have arrived", || {
            first_received_afterwards += received(&first)?;
            Ok(first_received_afterwards == sent_again)
        })?;

        Ok(Seen {
            second_without,
            restart_without,
            second_with,
            sent,
            first_received,
            second_received,
            first_received_afterwards,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        let takes = if seen.first_received == 0 {
            "takes all datagrams from the first"
        } else {
            "gets datagrams that the first would have got"
        };
        Verdict::decide(
            seen.restart_without.is_some() || seen.second_with.is_some(),
            "a restart fails without it, or a second server is refused in spite of it",
            &format!(
                "UDP has no TIME_WAIT, so a restart needs no help; what SO_REUSEADDR does instead \
                 is to let a second program bind the port, and here it {takes}, which notices \
                 nothing"
            ),
        )
    }
}

/// `socket`, perhaps `setsockopt(SO_REUSEADDR)`, `bind`.
fn server(address: SocketAddr, reuse_address: bool) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    socket.set_reuse_address(reuse_address)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn send_ten(address: SocketAddr) -> io::Result<usize> {
    for _ in 0..5 {
        let client = UdpSocket::bind("127.0.0.1:0")?;
        client.send_to(b"hello", address)?;
        client.send_to(b"hello", address)?;
    }
    Ok(10)
}

/// How many datagrams are there for this server now.
fn received(server: &UdpSocket) -> io::Result<usize> {
    server.set_nonblocking(true)?;
    let mut count = 0;
    loop {
        match server.recv_from(&mut [0; 16]) {
            Ok(_) => count += 1,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(count),
            Err(error) => return Err(error),
        }
    }
}
