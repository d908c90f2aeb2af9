//! One socket, many clients, no listen, no accept.

use std::net::UdpSocket;

use anyhow::Result;
use serde::Serialize;
use socket2::SockRef;

use crate::experiment::Experiment;
use crate::experiment::observation::{Bytes, Datagram, Failure};
use crate::experiment::report::{Steps, Verdict};
use crate::host::sockets;

/// A UDP server needs neither listen nor connections, and serves clients at once.
pub struct UdpManyPeers;

/// Who was served, and how.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The error of `listen(5)` on a UDP socket.
    pub listen: Option<Failure>,
    /// The error of `accept` on it.
    pub accept: Option<Failure>,
    /// How many clients had sent before the first was answered.
    pub clients: usize,
    /// What each of them received, in the order of the clients.
    pub answers: Vec<Bytes>,
    /// UDP sockets that the server has, as the system lists them.
    pub sockets_of_the_server: usize,
    /// Whether a second client's datagram lay waiting as long as the handling of the first
    /// took.
    pub second_waits_for_first: bool,
}

impl Experiment for UdpManyPeers {
    const NAME: &'static str = "udp-many-peers";
    const CLAIM: &'static str =
        "a UDP server needs no listen and no connections, and serves several clients at a time";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("bind a UDP socket, then try listen and accept on it");
        let server = UdpSocket::bind("127.0.0.1:0")?;
        let address = server.local_addr()?;
        let listen = Failure::of(&SockRef::from(&server).listen(5));
        let accept = Failure::of(&SockRef::from(&server).accept());

        log.step("five clients send; then the server answers each, in its own loop");
        let mut clients = Vec::new();
        for number in 0..5 {
            let client = UdpSocket::bind("127.0.0.1:0")?;
            client.send_to(format!("client {number}").as_bytes(), address)?;
            clients.push(client);
        }
        for _ in &clients {
            let request = Datagram::receive(&server, 1024)?;
            server.send_to(&request.data.0.to_ascii_uppercase(), request.from)?;
        }
        let mut answers = Vec::new();
        for client in &clients {
            answers.push(Datagram::receive(client, 1024)?.data);
        }
        let sockets = sockets::udp_sockets(address.port())?.into_iter();
        let sockets_of_the_server = sockets.filter(|socket| socket.local == address).count();

        log.step("two more requests: while the first is handled, where is the second?");
        clients[0].send_to(b"slow", address)?;
        clients[1].send_to(b"quick", address)?;
        let _in_hand = Datagram::receive(&server, 1024)?;
        let waits = || Ok(sockets::udp_socket(address)?.receive_queue > 0);
        let second_waits_for_first = sockets::wait_until("the second waits", waits).is_ok();

        Ok(Seen {
            listen,
            accept,
            clients: clients.len(),
            answers,
            sockets_of_the_server,
            second_waits_for_first,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.listen.is_some() && seen.answers.len() == seen.clients,
            "one socket talked to all of them, since each datagram names its sender; still one \
             loop handles one datagram at a time, and the next one waits in the buffer",
            "the clients were not all served by one socket",
        )
    }
}
