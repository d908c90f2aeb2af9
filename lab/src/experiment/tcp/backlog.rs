//! What happens to the client past the backlog.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;
use socket2::{Domain, Socket, Type};

use crate::experiment::Experiment;
use crate::experiment::observation::milliseconds;
use crate::experiment::report::{Steps, Verdict};
use crate::host::sockets::{self, State};

/// The backlog limits who waits for accept, not how many connections there are.
pub struct Backlog;

/// Who got in.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// What `listen` was given.
    pub backlog: i32,
    /// Clients whose `connect` succeeded before `accept` was called at all.
    pub connected_before_accept: usize,
    /// The length of the queue then, as the system gives it.
    pub queue: u64,
    /// The state of the next client: its SYN was dropped and goes unanswered.
    pub next_client: State,
    /// By how much the system's counter of such drops rose (`TcpExt: ListenDrops`).
    pub drops: u64,
    /// How long that client took to get in: until `accept` had made room and its SYN was sent
    /// again.
    pub next_client_waited_ms: f64,
    /// Connections that were open at once in the end.
    pub open_at_once: usize,
}

impl Experiment for Backlog {
    const NAME: &'static str = "backlog";
    const CLAIM: &'static str =
        "listen(backlog) sets how many connections a server can have at a time";
    const WAITS_FOR: Option<&'static str> = Some("the retransmission of a SYN, after 1 s");
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        let backlog = 2;
        log.step("listen(2), and do not accept");
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        socket.listen(backlog)?;
        let listener = TcpListener::from(socket);
        let address = listener.local_addr()?;
        let counted = sockets::counter("TcpExt", "ListenDrops")?;

        log.step("clients connect, without waiting, until one gets no answer");
        let mut clients: Vec<Socket> = Vec::new();
        let (queue, next_client, begun) = loop {
            let begun = Instant::now();
            let client = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            client.set_nonblocking(true)?;
            // It "fails" at once: the connection is in progress.
            let _in_progress = client.connect(&address.into());
            let state = state_after_a_while(&client, address, counted)?;
            clients.push(client);
            if state != State::Established || clients.len() > 10 {
                let queue =
                    sockets::tcp_listener(address)?.map_or(0, |socket| socket.receive_queue);
                break (queue, state, begun);
            }
        };
        let connected_before_accept = clients.len() - 1;
        let drops = sockets::counter("TcpExt", "ListenDrops")? - counted;

        log.step("now accept: there is room, but the client's SYN must come again");
        let mut open = Vec::new();
        for _ in &clients {
            open.push(listener.accept()?);
        }
        let next_client_waited_ms = milliseconds(begun.elapsed());

        log.step("ten clients more, each accepted as it comes");
        let mut more = Vec::new();
        for _ in 0..10 {
            more.push(TcpStream::connect(address)?);
            open.push(listener.accept()?);
        }
        Ok(Seen {
            backlog,
            connected_before_accept,
            queue,
            next_client,
            drops,
            next_client_waited_ms,
            open_at_once: open.len(),
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            i32::try_from(seen.open_at_once).is_ok_and(|open| open <= seen.backlog),
            "no more connections could be had",
            "the backlog is the queue of those who are connected and wait for accept (Linux takes \
             one more); whoever was accepted does not count any longer. Past it a client is not \
             refused: its SYN is dropped, and it tries again after a second",
        )
    }
}

/// The client's state, half a second later unless it is connected before; on a busy system later
/// still, until the counter of dropped SYNs has risen above `counted`.
fn state_after_a_while(client: &Socket, server: SocketAddr, counted: u64) -> Result<State> {
    let local = client.local_addr()?.as_socket();
    let local = local.context("the client has no IP address")?;
    let begun = Instant::now();
    let mut state = State::Closed;
    sockets::wait_until("the client is connected, or its SYN was dropped", || {
        state = sockets::tcp_state(local, server)?;
        let dropped = begun.elapsed() > Duration::from_millis(500)
            && sockets::counter("TcpExt", "ListenDrops")? > counted;
        Ok(state == State::Established || dropped)
    })?;
    Ok(state)
}
