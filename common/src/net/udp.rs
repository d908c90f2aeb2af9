//! UDP: whole datagrams, their senders, and time limits.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::ops::Deref;
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use super::accept::BACK_OFF;
use super::{NetError, bind, is_exhausted, is_timeout, ready, resolve, reuse_address};
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

/// `socket(AF_INET or AF_INET6, SOCK_DGRAM)`.
///
/// # Errors
///
/// When the system has no socket to give.
pub fn datagram_socket(address: SocketAddr) -> Result<Socket, NetError> {
    Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )
    .map_err(NetError::io("cannot make a socket for", address))
}

/// The socket of a server, and the address that it is bound to.
#[derive(Debug)]
pub struct BoundSocket {
    socket: UdpSocket,
    address: SocketAddr,
}

impl BoundSocket {
    /// Takes a socket that is bound already.
    ///
    /// # Errors
    ///
    /// When the system does not tell its address.
    pub fn new(socket: UdpSocket) -> io::Result<Self> {
        Ok(Self {
            address: socket.local_addr()?,
            socket,
        })
    }
}

impl Deref for BoundSocket {
    type Target = UdpSocket;

    fn deref(&self) -> &UdpSocket {
        &self.socket
    }
}

/// Makes the socket of a server and prints the ready line: socket, bind. UDP needs no listen.
///
/// # Errors
///
/// When the host is unknown or the port cannot be had; the error says why, and what to do.
pub fn bind_udp<const PORT: u16>(flags: &UdpServer<PORT>) -> Result<BoundSocket, NetError> {
    let address = resolve(&flags.address.host, flags.address.port)?;
    open(datagram_socket(address)?, address)
}

/// As [`bind_udp`], with SO_REUSEADDR: socket, setsockopt, bind.
///
/// UDP has no TIME_WAIT for the option to cure; on Linux it lets two servers that both set it
/// share a port, and the later one gets the datagrams.
///
/// # Errors
///
/// As [`bind_udp`].
pub fn bind_udp_reusing_address<const PORT: u16>(
    flags: &UdpServer<PORT>,
) -> Result<BoundSocket, NetError> {
    let address = resolve(&flags.address.host, flags.address.port)?;
    let socket = datagram_socket(address)?;
    reuse_address(&socket).map_err(NetError::io("cannot set SO_REUSEADDR for", address))?;
    open(socket, address)
}

fn open(socket: Socket, address: SocketAddr) -> Result<BoundSocket, NetError> {
    bind(&socket, address)?;
    let socket =
        BoundSocket::new(socket.into()).map_err(NetError::io("cannot listen on", address))?;
    ready("udp", socket.address);
    Ok(socket)
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
    let server = resolve(&flags.address.host, flags.address.port)?;
    Ok((datagram_socket(server)?.into(), server))
}

/// Receives one datagram from anybody else: `recvfrom`. The datagram stands at the buffer's start.
///
/// Anybody can write a false sender into a datagram. One that claims to come from the server itself
/// is passed over: the answer would come back as the next question, and so on for ever.
///
/// # Errors
///
/// When the socket fails. What a peer does is no such failure: Windows reports a datagram that
/// could not be delivered as an error of the next receive, which is passed over. Nor is a lack of
/// memory: it is a warning and a short rest.
pub fn receive<'a>(
    socket: &BoundSocket,
    buffer: &'a mut [u8],
) -> Result<(&'a mut [u8], SocketAddr), NetError> {
    let failed = |error| NetError::io("cannot receive on", socket.address)(error);
    loop {
        match socket.recv_from(buffer) {
            Ok((_, peer)) if is_own(peer, socket.address) => {}
            Ok((size, peer)) => return Ok((&mut buffer[..size], peer)),
            Err(error) if is_passing(&error) => {}
            Err(error) if is_exhausted(&error) => {
                console::warn(failed(error));
                thread::sleep(BACK_OFF);
            }
            Err(error) => return Err(failed(error)),
        }
    }
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

/// Receives the server's answer: `recvfrom` until a datagram comes from `server`, for `limit` in
/// all (`None` waits for ever). Anybody can send to an open port; only the server is believed.
///
/// # Errors
///
/// [`NetError::NoAnswer`] when the time is up; it tells `start`, the command that starts the server.
pub fn receive_from<'a>(
    socket: &UdpSocket,
    buffer: &'a mut [u8],
    server: SocketAddr,
    limit: Option<Duration>,
    start: &str,
) -> Result<(&'a mut [u8], SocketAddr), NetError> {
    let failed = NetError::io("cannot receive from", server);
    let no_answer = |limit| NetError::NoAnswer {
        address: server,
        limit,
        start: start.to_owned(),
    };
    let asked = Instant::now();
    let mut receive = || loop {
        if let Some(limit) = limit {
            // A stranger's datagrams must not prolong the wait.
            let left = limit.saturating_sub(asked.elapsed());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            socket.set_read_timeout(Some(left))?;
        }
        match socket.recv_from(buffer) {
            Ok((size, peer)) if answers_for(peer, server) => return Ok((size, peer)),
            Ok(_) => {}
            Err(error) if is_passing(&error) => {}
            Err(error) => return Err(error),
        }
    };
    match (receive(), limit) {
        (Ok((size, peer)), _) => Ok((&mut buffer[..size], peer)),
        (Err(error), Some(limit)) if is_timeout(&error) => Err(no_answer(limit)),
        (Err(error), _) => Err(failed(error)),
    }
}

/// Sends one datagram: `sendto`.
///
/// # Errors
///
/// [`NetError::TooLarge`] when the message has more than [`MAX_DATAGRAM`] bytes, and whatever else the
/// system objects to. That nobody receives is no error: UDP does not know.
pub fn send_to(socket: &UdpSocket, message: &[u8], peer: SocketAddr) -> Result<(), NetError> {
    if message.len() > MAX_DATAGRAM {
        return Err(NetError::TooLarge {
            size: message.len(),
        });
    }
    socket
        .send_to(message, peer)
        .map(|_| ())
        .map_err(NetError::io("cannot send to", peer))
}

/// A server's `sendto`: an answer that cannot be sent (a peer may give port 0 as its own) is a
/// warning, and the server goes on.
pub fn reply(socket: &UdpSocket, answer: &[u8], peer: SocketAddr) {
    if let Err(error) = send_to(socket, answer, peer) {
        console::warn(error);
    }
}

/// Whether a datagram from `peer` is an answer of `server`.
fn answers_for(peer: SocketAddr, server: SocketAddr) -> bool {
    // What is sent to 0.0.0.0 goes to this machine, which answers as 127.0.0.1.
    let asked = match server.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    peer.ip() == asked && peer.port() == server.port()
}

/// Errors of a receive that say nothing about the socket itself.
fn is_passing(error: &io::Error) -> bool {
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
        let (answer, peer) =
            receive_from(&client, &mut buffer, server_address, None, "it").unwrap();
        assert_eq!((&*answer, peer), (&b"truth"[..], server_address));
    }

    #[test]
    fn a_server_that_does_not_answer_is_named_with_the_limit() {
        let ((client, _), (_server, address)) = (bound(), bound());
        let limit = Some(Duration::from_millis(20));
        let error = receive_from(&client, &mut [0; 16], address, limit, "cargo run").unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "no answer from {address} within 0.02 s: is the server running? start it with cargo run"
            )
        );
    }

    #[test]
    fn a_message_beyond_a_datagram_is_refused_with_its_size() {
        let ((client, _), (server, address)) = (bound(), bound());
        let error = send_to(&client, &vec![0; MAX_DATAGRAM + 1], address).unwrap_err();
        assert!(matches!(error, NetError::TooLarge { size: 65_508 }));
        send_to(&client, &vec![7; MAX_DATAGRAM], address).unwrap();
        let mut buffer = datagram_buffer();
        let server = BoundSocket::new(server).unwrap();
        let (datagram, _) = receive(&server, &mut buffer).unwrap();
        assert_eq!(datagram.len(), MAX_DATAGRAM);
    }

    #[test]
    fn a_datagram_that_claims_to_come_from_the_server_itself_is_passed_over() {
        let ((client, client_address), (server, address)) = (bound(), bound());
        let server = BoundSocket::new(server).unwrap();
        server.send_to(b"echo", address).unwrap();
        client.send_to(b"hello", address).unwrap();
        let mut buffer = [0; 16];
        let (datagram, peer) = receive(&server, &mut buffer).unwrap();
        assert_eq!((&*datagram, peer), (&b"hello"[..], client_address));
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

    #[test]
    fn an_answer_that_cannot_be_sent_ends_nothing() {
        let (server, _) = bound();
        reply(&server, b"hi", "127.0.0.1:0".parse().unwrap());
    }
}
