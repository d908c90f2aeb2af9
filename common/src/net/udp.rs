//! UDP: whole datagrams, their senders, and time limits.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::ops::Deref;
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use super::accept::BACK_OFF;
use super::{NetError, OrSay, is_exhausted, is_timeout, ready, time_left};
use crate::console;
use crate::flags::{UdpClient, UdpServer};

/// The most that one datagram carries over IPv4, in bytes: 65,535 less the IP header's 20 and
/// the UDP header's 8 (RFC 768, RFC 791).
pub const MAX_DATAGRAM: usize = 65_507;

/// A buffer that loses nothing of any datagram: UDP's length field counts to 65,535 bytes.
///
/// `recv_from` cuts a datagram that is longer than its buffer, without a word on Linux and macOS.
#[must_use]
pub fn datagram_buffer() -> Vec<u8> {
    vec![0; usize::from(u16::MAX)]
}

/// The socket of a server: `recv_from` survives what is no fault of the socket's own.
#[derive(Debug)]
pub struct BoundSocket {
    socket: UdpSocket,
    address: SocketAddr,
}

impl BoundSocket {
    /// Takes a socket that is bound, and prints the ready line.
    ///
    /// # Errors
    ///
    /// When the system does not tell its address.
    pub fn ready(socket: Socket) -> Result<Self, NetError> {
        let socket = Self::new(socket.into())?;
        ready("udp", socket.address);
        Ok(socket)
    }

    fn new(socket: UdpSocket) -> Result<Self, NetError> {
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        let address = socket.local_addr().or_say("cannot listen on", unknown)?;
        Ok(Self { socket, address })
    }

    /// `recvfrom`: the size of the next datagram from anybody else, which stands at the buffer's
    /// start, and its sender.
    ///
    /// Anybody can write a false sender into a datagram. One that claims to come from the server
    /// itself is passed over: the answer would come back as the next question, and so on for ever.
    ///
    /// # Errors
    ///
    /// When the socket fails. What a peer does is no such failure: Windows reports a datagram that
    /// could not be delivered as an error of the next receive, which is passed over. Nor is a lack
    /// of memory: it is a warning and a short rest.
    pub fn recv_from(&self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), NetError> {
        self.receive(|socket| socket.recv_from(buffer))
    }

    /// `recvfrom` for a crowd: waits until a datagram is there, for `limit` at most, and gives that and those behind it to `take`,
    /// `most` in all. A limit of `None` waits for ever, one of zero not at all.
    ///
    /// Afterwards the socket waits again, so that `send_to` does as it always does.
    ///
    /// # Errors
    ///
    /// As [`recv_from`](Self::recv_from).
    pub fn recv_batch(
        &self,
        buffer: &mut [u8],
        limit: Option<Duration>,
        most: usize,
        mut take: impl FnMut(&[u8], SocketAddr),
    ) -> Result<(), NetError> {
        let mut receive_one = || {
            let (size, peer) = self.next(|socket| socket.recv_from(buffer))?;
            take(&buffer[..size], peer);
            Ok(())
        };
        let mut receive_all = || {
            let waits = limit != Some(Duration::ZERO);
            if waits {
                self.set_read_timeout(limit)?;
                receive_one()?;
            }
            self.set_nonblocking(true)?;
            (usize::from(waits)..most).try_for_each(|_| receive_one())
        };
        let received = receive_all();
        let restored = self.set_nonblocking(false);
        match received {
            Err(error) if !is_timeout(&error) => Err(error),
            _ => restored,
        }
        .or_say("cannot receive on", self.address)
    }

    /// What [`recv_from`](Self::recv_from) says, whichever call receives.
    pub(super) fn receive(
        &self,
        receive: impl FnMut(&UdpSocket) -> io::Result<(usize, SocketAddr)>,
    ) -> Result<(usize, SocketAddr), NetError> {
        self.next(receive).or_say("cannot receive on", self.address)
    }

    fn next(
        &self,
        mut receive: impl FnMut(&UdpSocket) -> io::Result<(usize, SocketAddr)>,
    ) -> io::Result<(usize, SocketAddr)> {
        loop {
            match receive(&self.socket) {
                Ok((_, peer)) if is_own(peer, self.address) => {}
                Err(error) if is_passing(&error) => {}
                Err(error) if is_exhausted(&error) => {
                    console::warn(NetError::io("cannot receive on", self.address)(error));
                    thread::sleep(BACK_OFF);
                }
                received => return received,
            }
        }
    }
}

impl Deref for BoundSocket {
    type Target = UdpSocket;

    fn deref(&self) -> &UdpSocket {
        &self.socket
    }
}

/// Makes the socket of a server and prints the ready line: socket, SO_REUSEADDR if `reuse_address`,
/// bind. UDP needs no listen. `echo-udp/src/bin/server.rs` makes the calls itself.
///
/// UDP has no TIME_WAIT for SO_REUSEADDR to cure; on Linux it lets two servers that both set it
/// share a port, and the later one gets the datagrams.
///
/// # Errors
///
/// When the host is unknown or the port cannot be had; the error says why, and what to do.
pub fn udp_socket<const PORT: u16>(
    flags: &UdpServer<PORT>,
    reuse_address: bool,
) -> Result<BoundSocket, NetError> {
    let address = flags.address.resolve()?;
    let family = Domain::for_address(address);
    let socket = Socket::new(family, Type::DGRAM, Some(Protocol::UDP))
        .or_say("cannot make a socket for", address)?;
    socket
        .set_reuse_address(reuse_address && cfg!(unix))
        .or_say("cannot set SO_REUSEADDR for", address)?;
    socket
        .bind(&address.into())
        .or_cannot_listen(&socket, address)?;
    BoundSocket::ready(socket)
}

/// Makes the socket of a client, and tells the server's address: socket. The system binds it to a
/// free port when the first datagram leaves.
///
/// # Errors
///
/// When the host is unknown or the system has no socket to give.
pub fn udp_client<const PORT: u16, const SECONDS: u64>(
    flags: &UdpClient<PORT, SECONDS>,
) -> Result<(UdpSocket, SocketAddr), NetError> {
    let server = flags.address.resolve()?;
    let socket = Socket::new(Domain::for_address(server), Type::DGRAM, None)
        .or_say("cannot make a socket for", server)?;
    Ok((socket.into(), server))
}

/// Whether an answer to `peer` would arrive at the socket that is bound to `own`.
///
/// Asks the system only where the ports are the same, which no honest client's port has to be.
#[must_use]
pub fn is_own(peer: SocketAddr, own: SocketAddr) -> bool {
    let at_own_address =
        || peer.ip() == own.ip() || own.ip().is_unspecified() && is_of_this_machine(peer);
    peer.port() == own.port() && at_own_address()
}

/// Whether the address is one of this machine's: a socket can be bound to those alone.
///
/// Where the system cannot say (no descriptor is left) it counts as one: an answer that is not sent
/// is a datagram lost, one that comes back is the next question. With Linux's setting
/// `ip_nonlocal_bind` every address can be bound, and counts.
fn is_of_this_machine(mut address: SocketAddr) -> bool {
    address.set_ip(address.ip().to_canonical());
    address.set_port(0);
    !matches!(UdpSocket::bind(address), Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable)
}

/// The size of the server's answer and its sender: `recvfrom` until a datagram comes from `server`,
/// for `limit` in all (`None` waits for ever). `echo-udp/src/bin/client.rs` has the loop in the open.
///
/// # Errors
///
/// [`NetError::NoAnswer`] when the time is up; it tells `start`, the command that starts the server.
pub fn receive_answer(
    socket: &UdpSocket,
    buffer: &mut [u8],
    server: SocketAddr,
    limit: Option<Duration>,
    start: &str,
) -> Result<(usize, SocketAddr), NetError> {
    let asked = Instant::now();
    loop {
        // A stranger's datagrams must not prolong the wait.
        let receive = time_left(asked, limit)
            .and_then(|left| socket.set_read_timeout(left))
            .and_then(|()| socket.recv_from(buffer));
        match receive {
            Ok((size, peer)) if answers_for(peer, server) => return Ok((size, peer)),
            Ok(_) => {}
            Err(error) if is_passing(&error) => {}
            Err(error) => return Err(error).or_no_answer(server, limit, start),
        }
    }
}

/// Whether a datagram from `peer` is an answer of `server`. Anybody can send to an open port; only the
/// server is believed.
#[must_use]
pub fn answers_for(peer: SocketAddr, server: SocketAddr) -> bool {
    // What is sent to 0.0.0.0 goes to this machine, which answers as 127.0.0.1.
    let asked = match server.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    peer.ip() == asked && peer.port() == server.port()
}

/// Whether a receive failed for a reason that says nothing about the socket itself: a signal came
/// (Ctrl-Z and `fg`, say), or Windows tells that an earlier datagram was not delivered.
#[must_use]
pub fn is_passing(error: &io::Error) -> bool {
    /// A datagram whose time to live ran out on the way.
    const WSAENETRESET: i32 = 10052;
    let undelivered = error.kind() == io::ErrorKind::ConnectionReset
        || error.raw_os_error() == Some(WSAENETRESET);
    error.kind() == io::ErrorKind::Interrupted || cfg!(windows) && undelivered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound() -> (UdpSocket, SocketAddr) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    #[test]
    fn a_client_believes_only_the_server_that_it_asked() {
        let ((client, address), (server, server_address), (stranger, _)) =
            (bound(), bound(), bound());
        stranger.send_to(b"lie", address).unwrap();
        server.send_to(b"truth", address).unwrap();
        let mut buffer = [0; 16];
        let (size, peer) =
            receive_answer(&client, &mut buffer, server_address, None, "it").unwrap();
        assert_eq!((&buffer[..size], peer), (&b"truth"[..], server_address));
    }

    #[test]
    fn a_server_that_does_not_answer_is_named_with_the_limit() {
        let ((client, _), (_server, address)) = (bound(), bound());
        let limit = Some(Duration::from_millis(20));
        let error = receive_answer(&client, &mut [0; 16], address, limit, "cargo run").unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "no answer from {address} within 0.02 s: is the server running? start it with cargo run"
            )
        );
    }

    #[test]
    fn a_message_beyond_a_datagram_is_refused_with_what_one_holds() {
        let ((client, _), (server, address)) = (bound(), bound());
        let send = |size| client.send_to(&vec![7; size], address);
        let error = send(MAX_DATAGRAM + 1).or_say("cannot send to", address);
        assert!(matches!(error, Err(NetError::TooLarge { .. })));
        send(MAX_DATAGRAM).unwrap();
        let mut buffer = datagram_buffer();
        let server = BoundSocket::new(server).unwrap();
        let (size, _) = server.recv_from(&mut buffer).unwrap();
        assert_eq!(size, MAX_DATAGRAM);
    }

    #[test]
    fn a_datagram_that_claims_to_come_from_the_server_itself_is_passed_over() {
        let ((client, client_address), (server, address)) = (bound(), bound());
        let server = BoundSocket::new(server).unwrap();
        server.send_to(b"echo", address).unwrap();
        client.send_to(b"hello", address).unwrap();
        let mut buffer = [0; 16];
        let (size, peer) = server.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..size], peer), (&b"hello"[..], client_address));
    }

    #[test]
    fn a_batch_is_what_is_there_and_the_wait_for_it_has_an_end() {
        let ((client, _), (server, address)) = (bound(), bound());
        let server = BoundSocket::new(server).unwrap();
        let batch = |limit, most| {
            let mut batch = Vec::new();
            let take = |datagram: &[u8], _| batch.push(datagram.to_vec());
            server.recv_batch(&mut [0; 16], limit, most, take).unwrap();
            batch
        };
        for limit in [Some(Duration::ZERO), Some(Duration::from_millis(20))] {
            assert_eq!(batch(limit, 2), [b""; 0]);
        }
        for limit in [None, Some(Duration::ZERO), Some(Duration::from_secs(20))] {
            for datagram in [b"one", b"two", b"six"] {
                client.send_to(datagram, address).unwrap();
            }
            assert_eq!(batch(limit, 2), [b"one", b"two"]);
            assert_eq!(batch(limit, 2), [b"six"]);
        }
    }

    #[test]
    fn a_server_on_all_addresses_is_at_every_address_of_the_machine() {
        // RFC 5737 and RFC 3849 set addresses aside that no machine has.
        for (peer, own, expected) in [
            ("127.0.0.1:80", "127.0.0.1:80", true),
            ("127.0.0.1:81", "127.0.0.1:80", false),
            ("127.0.0.2:80", "127.0.0.1:80", false),
            ("127.0.0.1:80", "0.0.0.0:80", true),
            ("127.0.0.1:81", "0.0.0.0:80", false),
            ("192.0.2.1:80", "0.0.0.0:80", false),
            ("[::ffff:127.0.0.1]:80", "[::]:80", true),
            ("[::ffff:192.0.2.1]:80", "[::]:80", false),
            ("[2001:db8::1]:80", "[::]:80", false),
        ] {
            let is_own = is_own(peer.parse().unwrap(), own.parse().unwrap());
            assert_eq!(is_own, expected, "{peer} {own}");
        }
    }
}
