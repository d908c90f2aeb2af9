//! The checker's UDP socket.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::check::engine::ports::unspecified;
use crate::check::engine::trial::{Direction, Manner, Result, Stop, Trial, shown};

/// A UDP socket of the checker. Every datagram is written down, every wait is bounded.
#[derive(Debug)]
pub(crate) struct Datagrams {
    trial: Arc<Trial>,
    name: String,
    socket: UdpSocket,
    /// The server of a client: nobody else may answer it.
    asked: Option<SocketAddr>,
    /// Where datagrams are sent: to a client's server, or to the sender of the last one.
    peer: Option<SocketAddr>,
}

impl Datagrams {
    /// A client's socket, for a server at `peer`.
    pub(super) fn client(trial: Arc<Trial>, peer: SocketAddr) -> Result<Self> {
        Self::client_at(trial, peer, 0)
    }

    /// The same, with this port; 0 lets the system choose.
    pub(super) fn client_at(trial: Arc<Trial>, peer: SocketAddr, port: u16) -> Result<Self> {
        let name = trial.name_socket("client");
        let own = own_address(peer)
            .map_err(|error| Stop::NotJudged(format!("no way to udp {peer}: {error}")))?;
        Self::bind(trial, name, SocketAddr::new(own, port), Some(peer))
    }

    /// A server's socket on `port`; 0 lets the system choose.
    pub(super) fn server(trial: Arc<Trial>, port: u16) -> Result<Self> {
        let name = trial.name_socket("server");
        let own = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self::bind(trial, name, own, None)
    }

    fn bind(
        trial: Arc<Trial>,
        name: String,
        own: SocketAddr,
        asked: Option<SocketAddr>,
    ) -> Result<Self> {
        match UdpSocket::bind(own) {
            Ok(socket) => Ok(Self {
                trial,
                name,
                socket,
                asked,
                peer: asked,
            }),
            Err(error) => Err(Stop::NotJudged(format!("cannot bind udp {own}: {error}"))),
        }
    }

    /// The checker's own address.
    pub(crate) fn local(&self) -> Result<SocketAddr> {
        self.socket
            .local_addr()
            .map_err(|error| Stop::NotJudged(format!("a socket's address: {error}")))
    }

    /// The server, or who sent the last datagram.
    pub(crate) fn peer(&self) -> Result<SocketAddr> {
        self.peer
            .ok_or_else(|| Stop::NotJudged("no datagram came yet".to_owned()))
    }

    /// Sends one datagram to the server, or to the sender of the last one.
    pub(crate) fn send(&self, datagram: &[u8]) -> Result {
        self.send_to(datagram, self.peer()?)
    }

    /// Sends one datagram to `peer`.
    pub(crate) fn send_to(&self, datagram: &[u8], peer: SocketAddr) -> Result {
        self.trial.note(&self.name, Direction::Sent, datagram, true);
        self.socket
            .send_to(datagram, peer)
            .map(|_| ())
            .map_err(|error| {
                let why = format!("sending {} bytes: {error}", datagram.len());
                if is_too_large(&error) {
                    Stop::Skipped(why)
                } else {
                    Stop::NotJudged(why)
                }
            })
    }

    /// Receives one datagram. A client receives only its server's; from now on a server
    /// answers its sender.
    pub(crate) fn receive(&mut self) -> Result<Vec<u8>> {
        let span = self.trial.patience();
        match self.receive_within(span)? {
            Some(datagram) => Ok(datagram),
            None => Err(self.silence("a datagram", span)),
        }
    }

    /// Tells that `expected` did not come. A client that has sent its server nothing at all cannot
    /// be judged.
    fn silence(&self, expected: &str, span: Duration) -> Stop {
        let seconds = span.as_secs_f64();
        match self.local() {
            Ok(own) if !self.trial.has_spoken() => self.trial.cannot_judge(format!(
                "the program sent no datagram to udp {own} within {seconds} s"
            )),
            _ => self
                .trial
                .fail(expected, format!("silence for {seconds:.1} s"))
                .in_manner(Manner::Silence),
        }
    }

    /// The failure of a program that sent something else than it must.
    pub(crate) fn fail(&self, expected: impl Into<String>, happened: impl Into<String>) -> Stop {
        self.trial.fail(expected, happened)
    }

    /// Receives exactly `expected`.
    pub(crate) fn expect(&mut self, expected: &[u8]) -> Result {
        let described =
            |bytes: &[u8]| format!("a datagram of {} bytes: {}", bytes.len(), shown(bytes));
        let span = self.trial.patience();
        Err(match self.receive_within(span)? {
            Some(datagram) if datagram == expected => return Ok(()),
            Some(datagram) => self
                .trial
                .fail(described(expected), described(&datagram))
                .in_manner(Manner::differs(expected, &datagram)),
            None => self.silence(&described(expected), span),
        })
    }

    /// Fails if a datagram comes within `span`, or lies there already.
    pub(crate) fn expect_silence(&mut self, span: Duration) -> Result {
        match self.receive_within(span)? {
            None => Ok(()),
            Some(datagram) => {
                let bytes = shown(&datagram);
                let happened = format!("one more of {} bytes: {bytes}", datagram.len());
                Err(self
                    .trial
                    .fail("no further datagram", happened)
                    .in_manner(Manner::TooMuch))
            }
        }
    }

    /// Receives one datagram, or nothing until `limit`, and nothing after it, whatever else comes.
    pub(crate) fn receive_until(&mut self, limit: Instant) -> Result<Option<Vec<u8>>> {
        match limit.checked_duration_since(Instant::now()) {
            Some(left) => self.receive_within(left),
            None => Ok(None),
        }
    }

    /// Receives one datagram, or nothing within `span`. From a client's server only. However short the span, it looks
    /// at what has come.
    pub(crate) fn receive_within(&mut self, span: Duration) -> Result<Option<Vec<u8>>> {
        let limit = Instant::now() + span;
        let mut buffer = vec![0; usize::from(u16::MAX)];
        loop {
            let left = limit.saturating_duration_since(Instant::now());
            let got = self
                .socket
                // A socket does not take a time limit of zero.
                .set_read_timeout(Some(left.max(Duration::from_millis(1))))
                .and_then(|()| self.socket.recv_from(&mut buffer));
            match got {
                Ok((_, from)) if self.asked.is_some_and(|server| server != from) => {
                    return Err(self.trial.fail(
                        "the answer comes from the address that was asked",
                        format!("it came from {from}"),
                    ));
                }
                Ok((size, from)) => {
                    self.trial.speaks();
                    self.trial
                        .note(&self.name, Direction::Received, &buffer[..size], true);
                    self.peer = Some(from);
                    return Ok(Some(buffer[..size].to_vec()));
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => return Ok(None),
                    // Windows reports an undeliverable datagram here.
                    io::ErrorKind::Interrupted | io::ErrorKind::ConnectionReset => {}
                    _ => return Err(Stop::NotJudged(format!("receiving: {error}"))),
                },
            }
        }
    }
}

/// Whether the system sends no datagram of this size: 9,216 bytes are the most on macOS, unless its
/// administrator says otherwise.
#[cfg(unix)]
fn is_too_large(error: &io::Error) -> bool {
    rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::MSGSIZE)
}

#[cfg(not(unix))]
fn is_too_large(_error: &io::Error) -> bool {
    false
}

/// The address of this machine from which `peer` is reached: what the server under test will see.
fn own_address(peer: SocketAddr) -> io::Result<IpAddr> {
    let socket = UdpSocket::bind((unspecified(peer), 0))?;
    socket.connect(peer)?;
    Ok(socket.local_addr()?.ip())
}
