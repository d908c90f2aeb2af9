//! The states that both ends pass through, from SYN to TIME_WAIT.
//!
//! Most of them last only as long as a segment is under way. On a wire between two namespaces
//! the experiment cuts the way of the next segment, reads the states at leisure, and mends it.
//! Without root it runs on the loopback, where only the states that last are seen.

use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener};

use anyhow::Result;
use serde::Serialize;
use socket2::{Domain, Socket, Type};

use crate::experiment::Experiment;
use crate::experiment::report::{Steps, Verdict};
use crate::host::CannotBeSeen;
use crate::host::namespace::{End, Wire};
use crate::host::sockets::{self, State, wait_until};

/// Three segments to begin, four to end.
pub struct HandshakeAndFarewell;

/// A connection's life.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// Where it was seen.
    pub network: &'static str,
    /// Segments that crossed the wire to connect; none without a wire of its own.
    pub segments_to_connect: Option<u64>,
    /// Segments to part, the client first, the server a moment later.
    pub segments_to_part: Option<u64>,
    /// Both ends' states, one after another.
    pub moments: Vec<Moment>,
}

/// A moment in it.
#[derive(Debug, Serialize)]
pub struct Moment {
    /// The client's state.
    pub client: State,
    /// The segment that brought them there; several where none could be held up.
    pub segment: String,
    /// The server's state.
    pub server: State,
}

impl Experiment for HandshakeAndFarewell {
    const NAME: &'static str = "handshake-and-farewell";
    const CLAIM: &'static str =
        "TCP begins with a handshake of three segments and ends with a farewell of four";
    const WAITS_FOR: Option<&'static str> =
        Some("retransmissions: of a SYN after 1 s and 2 s more, of a FIN after 200 ms");
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        let network = Network::new()?;
        let (mut segments_to_connect, mut segments_to_part) = (None, None);
        if let Network::Wire(_) = network {
            log.step("connect and part at full speed, and count the segments");
            let (connect, part) = count_segments(&network)?;
            (segments_to_connect, segments_to_part) = (Some(connect), Some(part));
        }

        log.step("once more, slowly: every segment arrives, its answer is held up");
        let connection = Connection::new(&network)?;
        let mut moments = vec![Moment {
            client: connection.client_state()?,
            segment: String::new(),
            server: connection.server_state()?,
        }];

        log.step("the client connects: SYN");
        network.cut(End::Server)?;
        connection.begin()?;
        connection.wait_for_server(&[State::SynRecv, State::Established])?;
        connection.look(&mut moments, End::Client, "SYN")?;

        log.step("the server answers (it sends that again, since it was lost): SYN and ACK");
        network.cut(End::Client)?;
        network.mend(End::Server);
        connection.wait_for_client(&[State::Established])?;
        connection.look(&mut moments, End::Server, "SYN, ACK")?;

        log.step("the client acknowledges: ACK");
        network.mend(End::Client);
        connection.wait_for_server(&[State::Established])?;
        connection.look(&mut moments, End::Client, "ACK")?;

        // A new connection: the first one has learned from its losses to be patient.
        log.step("connect again, and let the client shut down: FIN");
        let connection = Connection::new(&network)?;
        connection.begin()?;
        connection.wait_for_server(&[State::Established])?;
        let (conversation, _) = connection.listener.accept()?;
        network.cut(End::Server)?;
        connection.client.shutdown(Shutdown::Write)?;
        connection.wait_for_server(&[State::CloseWait])?;
        connection.look(&mut moments, End::Client, "FIN")?;

        log.step("the server's system acknowledges: ACK");
        network.mend(End::Server);
        connection.wait_for_client(&[State::FinWait2])?;
        connection.look(&mut moments, End::Server, "ACK")?;

        log.step("the server closes: FIN");
        network.cut(End::Client)?;
        drop(conversation);
        connection.wait_for_client(&[State::TimeWait])?;
        connection.look(&mut moments, End::Server, "FIN")?;

        log.step("the client's system acknowledges, and remembers: ACK");
        network.mend(End::Client);
        connection.wait_for_server(&[State::Closed])?;
        connection.look(&mut moments, End::Client, "ACK")?;

        Ok(Seen {
            network: network.name(),
            segments_to_connect,
            segments_to_part,
            moments,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        let counted = (seen.segments_to_connect, seen.segments_to_part);
        if counted == (None, None) {
            return Verdict::CannotBeSeenHere(
                "the states that last were seen; to count the segments, and to hold one up long \
                 enough to see the others, it needs two network namespaces, so root and Debian's \
                 iproute2"
                    .to_owned(),
            );
        }
        Verdict::decide(
            counted == (Some(3), Some(4)),
            "SYN, SYN+ACK, ACK; FIN, ACK, FIN, ACK: each end says that it will send no more, and \
             each is told that this was heard. Who closes first ends in TIME_WAIT",
            "other numbers of segments were counted",
        )
    }
}

/// Where the connection is made.
enum Network {
    Wire(Wire),
    Loopback,
}

impl Network {
    fn new() -> Result<Self> {
        match Wire::new() {
            Ok(wire) => Ok(Self::Wire(wire)),
            Err(error) if error.is::<CannotBeSeen>() => Ok(Self::Loopback),
            Err(error) => Err(error),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Wire(_) => "a wire between two namespaces",
            Self::Loopback => "the loopback",
        }
    }

    fn address(&self, end: End) -> IpAddr {
        match self {
            Self::Wire(_) => end.address(),
            Self::Loopback => Ipv4Addr::LOCALHOST.into(),
        }
    }

    fn at<T: Send>(&self, end: End, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        match self {
            Self::Wire(wire) => wire.at(end, work),
            Self::Loopback => work(),
        }
    }

    /// The loopback can't be cut.
    fn cut(&self, end: End) -> Result<()> {
        if let Self::Wire(wire) = self {
            wire.cut(end)
        } else {
            Ok(())
        }
    }

    fn mend(&self, end: End) {
        if let Self::Wire(wire) = self {
            wire.mend(end);
        }
    }
}

/// A listener, and a client that will connect to it.
struct Connection<'a> {
    network: &'a Network,
    listener: TcpListener,
    server: SocketAddr,
    client: Socket,
}

impl<'a> Connection<'a> {
    fn new(network: &'a Network) -> Result<Self> {
        let address = SocketAddr::new(network.address(End::Server), 0);
        let listener = network.at(End::Server, || Ok(TcpListener::bind(address)?))?;
        let client = network.at(End::Client, || {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            socket.bind(&SocketAddr::new(network.address(End::Client), 0).into())?;
            Ok(socket)
        })?;
        let server = listener.local_addr()?;
        Ok(Self {
            network,
            listener,
            server,
            client,
        })
    }

    /// `connect` without waiting for the answer.
    fn begin(&self) -> Result<()> {
        self.client.set_nonblocking(true)?;
        // It "fails" at once: the connection is in progress. A refusal would be in SO_ERROR.
        let _in_progress = self.client.connect(&self.server.into());
        self.client
            .take_error()?
            .map_or(Ok(()), |error| Err(error.into()))
    }

    fn client_address(&self) -> Result<SocketAddr> {
        let address = self.client.local_addr()?.as_socket();
        address.ok_or_else(|| anyhow::anyhow!("the client has no IP address"))
    }

    fn client_state(&self) -> Result<State> {
        let address = self.client_address()?;
        self.network
            .at(End::Client, || sockets::tcp_state(address, self.server))
    }

    /// The state of the server's end, or of the listener before there is one.
    fn server_state(&self) -> Result<State> {
        let address = self.client_address()?;
        let state = self
            .network
            .at(End::Server, || sockets::tcp_state(self.server, address))?;
        let begun = self.client_state()? != State::Closed;
        Ok(if begun || state != State::Closed {
            state
        } else {
            State::Listen
        })
    }

    fn wait_for_server(&self, states: &[State]) -> Result<()> {
        wait_until("the server got on", || {
            Ok(states.contains(&self.server_state()?))
        })
    }

    fn wait_for_client(&self, states: &[State]) -> Result<()> {
        wait_until("the client got on", || {
            Ok(states.contains(&self.client_state()?))
        })
    }

    /// Writes down both states, and the segment that led to them. On the loopback no segment can
    /// be held up: what it brought about was there with an earlier one already.
    fn look(&self, moments: &mut Vec<Moment>, sender: End, flags: &str) -> Result<()> {
        let (client, server) = (self.client_state()?, self.server_state()?);
        match moments.last_mut() {
            Some(last) if (last.client, last.server) == (client, server) => {
                let earlier = last.segment.trim_matches(['<', '-', '>', ' ']);
                last.segment = format!("{earlier}; {flags}");
            }
            _ => moments.push(Moment {
                client,
                segment: match sender {
                    End::Client => format!("---- {flags} {:->1$}", ">", 12 - flags.len()),
                    End::Server => format!("<--- {flags} {:->1$}", "", 12 - flags.len()),
                },
                server,
            }),
        }
        Ok(())
    }
}

/// The segments of a handshake and of a farewell, both directions together. Counted anew if one
/// was sent again: a busy system may be slower than its own patience.
fn count_segments(network: &Network) -> Result<(u64, u64)> {
    let sent_again = || {
        let at = |end| network.at(end, || sockets::counter("Tcp", "RetransSegs"));
        anyhow::Ok(at(End::Client)? + at(End::Server)?)
    };
    loop {
        let before = sent_again()?;
        let counted = count_segments_once(network)?;
        if sent_again()? == before {
            return Ok(counted);
        }
    }
}

fn count_segments_once(network: &Network) -> Result<(u64, u64)> {
    let count = || {
        network.at(End::Client, || {
            Ok(sockets::counter("Tcp", "OutSegs")? + sockets::counter("Tcp", "InSegs")?)
        })
    };
    let before = count()?;
    let connection = Connection::new(network)?;
    connection.begin()?;
    connection.wait_for_server(&[State::Established])?;
    let connected = count()?;
    let (conversation, _) = connection.listener.accept()?;
    connection.client.shutdown(Shutdown::Write)?;
    connection.wait_for_client(&[State::FinWait2])?;
    drop(conversation);
    connection.wait_for_client(&[State::TimeWait])?;
    connection.wait_for_server(&[State::Closed])?;
    Ok((connected - before, count()? - connected))
}
