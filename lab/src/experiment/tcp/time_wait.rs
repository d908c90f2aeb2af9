//! Who closes first owns the TIME_WAIT, and the address with it.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;
use socket2::{Domain, Socket, Type};

use crate::experiment::Experiment;
use crate::experiment::observation::Failure;
use crate::experiment::report::{Steps, Verdict};
use crate::host::cannot_be_seen;
use crate::host::sockets::{self, State};

/// A restart fails without SO_REUSEADDR and works with it.
pub struct TimeWait;

/// What the system kept, and whether a second server could start.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The server's end of a connection that the client closed first.
    pub server_end_if_client_first: State,
    /// The same if the server closed first.
    pub server_end_if_server_first: State,
    /// Its timer: how many seconds TIME_WAIT will last.
    pub seconds_left: u64,
    /// The second server's `bind` if the client had closed first, without SO_REUSEADDR.
    pub restart_after_client: Option<Failure>,
    /// Its `bind` if the first server had closed first, without SO_REUSEADDR.
    pub restart_after_server: Option<Failure>,
    /// The same, with SO_REUSEADDR set on both servers.
    pub restart_with_reuseaddr: Option<Failure>,
    /// With SO_REUSEADDR on the second server alone: what the first left behind lacks it.
    pub restart_with_reuseaddr_on_it_alone: Option<Failure>,
    /// A second server beside one that still listens, SO_REUSEADDR on both.
    pub second_beside_first: Option<Failure>,
}

impl Experiment for TimeWait {
    const NAME: &'static str = "time-wait";
    const CLAIM: &'static str =
        "a restarted server finds its address in use, unless SO_REUSEADDR is set before bind";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        if cfg!(windows) {
            return cannot_be_seen(
                "it needs Linux or macOS: SO_REUSEADDR means something else here",
            );
        }
        log.step("without SO_REUSEADDR: one connection, the client closes first, then restart");
        let (address, server_end_if_client_first, _) = serve_one(false, Closer::Client)?;
        let restart_after_client = Failure::of(&sockets::patiently(|| listener(address, false)));

        log.step("the same, the server closes first");
        let (address, server_end_if_server_first, left) = serve_one(false, Closer::Server)?;
        let restart_after_server = Failure::of(&listener(address, false));

        log.step("the same server again, and the restarted one alone sets SO_REUSEADDR");
        let restart_with_reuseaddr_on_it_alone = Failure::of(&listener(address, true));

        log.step("both set SO_REUSEADDR before bind; the server closes first");
        let (address, _, _) = serve_one(true, Closer::Server)?;
        let restarted = sockets::patiently(|| listener(address, true));
        let restart_with_reuseaddr = Failure::of(&restarted);

        log.step("a third server, while the restarted one still listens");
        let second_beside_first = Failure::of(&listener(address, true));
        drop(restarted);

        Ok(Seen {
            server_end_if_client_first,
            server_end_if_server_first,
            seconds_left: left.as_secs(),
            restart_after_client,
            restart_after_server,
            restart_with_reuseaddr,
            restart_with_reuseaddr_on_it_alone,
            second_beside_first,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.restart_after_server.is_some() && seen.restart_with_reuseaddr.is_none(),
            "after a close by the server its address is in use for a minute; with SO_REUSEADDR, \
             set before bind on every start (the first one too), it is free at once. It does not \
             let two servers listen, and where clients close first it is not needed",
            "the restart did not depend on SO_REUSEADDR",
        )
    }
}

#[derive(Clone, Copy)]
enum Closer {
    Client,
    Server,
}

/// `socket`, perhaps `setsockopt(SO_REUSEADDR)`, `bind`, `listen`.
fn listener(address: SocketAddr, reuse_address: bool) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(reuse_address)?;
    socket.bind(&address.into())?;
    socket.listen(5)?;
    Ok(socket)
}

/// A server that takes one connection and ends; its address, and the state and timer of its
/// end of that connection.
fn serve_one(reuse_address: bool, closer: Closer) -> Result<(SocketAddr, State, Duration)> {
    let listener = listener((Ipv4Addr::LOCALHOST, 0).into(), reuse_address)?;
    let listener = std::net::TcpListener::from(listener);
    let address = listener.local_addr()?;
    let client = TcpStream::connect(address)?;
    let (server, peer) = listener.accept()?;
    match closer {
        Closer::Client => {
            drop(client);
            sockets::wait_for_state(address, peer, State::CloseWait)?;
            drop(server);
            sockets::wait_for_state(peer, address, State::TimeWait)?;
            sockets::wait_for_state(address, peer, State::Closed)?;
        }
        Closer::Server => {
            drop(server);
            sockets::wait_for_state(peer, address, State::CloseWait)?;
            drop(client);
            sockets::wait_for_state(address, peer, State::TimeWait)?;
        }
    }
    let end = sockets::tcp_socket(address, peer)?;
    let state = end.as_ref().map_or(State::Closed, |socket| socket.state);
    let timer = end.and_then(|socket| socket.timer);
    Ok((address, state, timer.unwrap_or_default()))
}
