//! A busy server that closes first collects TIME_WAITs.

use std::collections::HashSet;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;
use socket2::SockRef;

use crate::experiment::Experiment;
use crate::experiment::report::{Steps, Verdict};
use crate::host::sockets::{self, State};

/// One for every connection, for a minute each; and how to have none.
pub struct ManyTimeWaits;

/// How many the system remembers.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// Connections that were made in each case.
    pub connections: usize,
    /// TIME_WAITs on the server's port when the server closed first.
    pub if_server_closes_first: usize,
    /// On the server's port when the clients closed first: they keep them.
    pub if_clients_close_first: usize,
    /// On the clients' ports then.
    pub on_the_clients_ports: usize,
    /// When the server closed first, but with a reset (SO_LINGER 0).
    pub if_server_resets: usize,
    /// Processes that still hold those of the first case open: the kernel alone does.
    pub held_by_processes: usize,
}

impl Experiment for ManyTimeWaits {
    const NAME: &'static str = "many-time-waits";
    const CLAIM: &'static str =
        "a server with many short connections has a large number of TIME_WAITs";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        let connections = 100;
        log.step("100 connections, the server closes each first");
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        for _ in 0..connections {
            let mut client = TcpStream::connect(listener.local_addr()?)?;
            let (server, _) = listener.accept()?;
            drop(server);
            // Until the server's FIN is here.
            client.read_to_end(&mut Vec::new())?;
            drop(client);
        }
        let (if_server_closes_first, _, held_by_processes) = time_waits(port, connections)?;

        log.step("100 connections, the client closes each first");
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        for _ in 0..connections {
            let client = TcpStream::connect(listener.local_addr()?)?;
            let (mut server, _) = listener.accept()?;
            drop(client);
            server.read_to_end(&mut Vec::new())?;
            drop(server);
        }
        let (if_clients_close_first, on_the_clients_ports, _) = time_waits(port, connections)?;

        log.step("100 connections, the server ends each with a reset");
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        for _ in 0..connections {
            let _client = TcpStream::connect(listener.local_addr()?)?;
            let (server, _) = listener.accept()?;
            SockRef::from(&server).set_linger(Some(Duration::ZERO))?;
        }
        let (if_server_resets, _, _) = time_waits(port, 0)?;

        Ok(Seen {
            connections,
            if_server_closes_first,
            if_clients_close_first,
            on_the_clients_ports,
            if_server_resets,
            held_by_processes,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.if_server_closes_first == seen.connections,
            "one a connection, at the end that closes first. They cost the kernel a little memory \
             and no descriptor; let the clients close first and they are spread over the clients. \
             A reset leaves none, and may lose what was still under way",
            "there were fewer TIME_WAITs than connections",
        )
    }
}

/// TIME_WAITs whose own port this is, those whose peer's it is, and how many of the former
/// belong to an open file; asked again for a while until there are as many as `expected`, since
/// a busy system takes its time, and a table that changes while it is read may skip a line.
fn time_waits(port: u16, expected: usize) -> Result<(usize, usize, usize)> {
    let (mut own, mut peers, mut open) = (HashSet::new(), HashSet::new(), HashSet::new());
    let begun = Instant::now();
    loop {
        for socket in sockets::tcp_sockets(port)? {
            if socket.state != State::TimeWait {
                continue;
            }
            if socket.local.port() == port {
                own.insert(socket.remote);
                if socket.inode != 0 {
                    open.insert(socket.remote);
                }
            } else {
                peers.insert(socket.local);
            }
        }
        if own.len() + peers.len() >= expected || begun.elapsed() > Duration::from_secs(4) {
            return Ok((own.len(), peers.len(), open.len()));
        }
    }
}
