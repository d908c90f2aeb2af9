//! `bind`, `listen`, `accept`, `connect`: in which order, and who does the work.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use anyhow::Result;
use serde::Serialize;
use socket2::{Domain, Socket, Type};

use crate::experiment::Experiment;
use crate::experiment::observation::{Bytes, Failure};
use crate::experiment::report::{Steps, Verdict};
use crate::host::sockets::{self, State};

/// `accept` waits for a connection, and the system has made it by then.
pub struct ConnectBeforeAccept;

/// What happened before `accept` was called.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// `connect` while the server has called `bind`, but not `listen`.
    pub connect_before_listen: Option<Failure>,
    /// `accept` when nobody has connected, without blocking: it would have waited.
    pub accept_with_nobody: Option<Failure>,
    /// The client's state after `connect`, before `accept`.
    pub client: State,
    /// The state of the server's end, which no program has been given yet.
    pub server: State,
    /// Bytes that the client has sent and the server's end has received already.
    pub bytes_waiting: u64,
    /// Whether any program has that end as an open file.
    pub held_by_a_program: bool,
    /// What `recv` returned after `accept`.
    pub received: Bytes,
}

impl Experiment for ConnectBeforeAccept {
    const NAME: &'static str = "connect-before-accept";
    const CLAIM: &'static str =
        "a server binds, listens, and blocks in accept until a client's connection comes";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("bind, and connect to it");
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        let listener = TcpListener::from(socket);
        let address = listener.local_addr()?;
        let connect_before_listen = Failure::of(&TcpStream::connect(address));

        log.step("listen; accept without blocking");
        socket2::SockRef::from(&listener).listen(5)?;
        listener.set_nonblocking(true)?;
        let accept_with_nobody = Failure::of(&listener.accept());

        log.step("a client connects and sends; nobody accepts");
        let mut client = TcpStream::connect(address)?;
        client.write_all(b"hello")?;
        let local = client.local_addr()?;
        sockets::wait_until("the bytes have arrived", || {
            Ok(sockets::tcp_socket(address, local)?.is_some_and(|end| end.receive_queue == 5))
        })?;
        let end = sockets::tcp_socket(address, local)?;
        let client_state = sockets::tcp_state(local, address)?;

        log.step("accept, recv");
        let (mut server, _) = listener.accept()?;
        server.set_nonblocking(false)?;
        let mut buffer = [0; 16];
        let received = server.read(&mut buffer)?;

        Ok(Seen {
            connect_before_listen,
            accept_with_nobody,
            client: client_state,
            server: end.as_ref().map_or(State::Closed, |end| end.state),
            bytes_waiting: end.as_ref().map_or(0, |end| end.receive_queue),
            held_by_a_program: end.is_some_and(|end| end.inode != 0),
            received: Bytes::from(&buffer[..received]),
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.connect_before_listen.is_some() && seen.accept_with_nobody.is_some(),
            "before listen a client is refused, and accept has to wait while there is none; but it \
             is the system that makes the connection and receives its first bytes, accept only \
             fetches it from the queue",
            "accept did not wait, or listen was not needed",
        )
    }
}
