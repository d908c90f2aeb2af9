//! TCP: a listening socket for servers, a connection for clients.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::address::resolve_all;
use super::{Listener, NetError, OrSay};
use crate::flags::{TcpClient, TcpServer};

/// Makes the listening socket of a server and prints the ready line: socket, SO_REUSEADDR, bind,
/// listen. `echo-tcp/src/bin/server.rs` makes the calls itself.
///
/// With SO_REUSEADDR a restarted server gets its port although old connections are in TIME_WAIT.
///
/// # Errors
///
/// When the host is unknown or the port cannot be had; the error says why, and what to do.
pub fn listener<const PORT: u16, const BACKLOG: i32>(
    flags: &TcpServer<PORT, BACKLOG>,
) -> Result<Listener, NetError> {
    let address = flags.address.resolve()?;
    let family = Domain::for_address(address);
    let socket = Socket::new(family, Type::STREAM, Some(Protocol::TCP))
        .or_say("cannot make a socket for", address)?;
    socket
        .set_reuse_address(flags.reuse_address())
        .or_say("cannot set SO_REUSEADDR for", address)?;
    socket
        .bind(&address.into())
        .or_cannot_listen(&socket, address)?;
    socket
        .listen(flags.backlog)
        .or_cannot_listen(&socket, address)?;
    Listener::ready(socket)
}

/// Connects to a server and tells its address: socket, connect. A name with several addresses is
/// tried in their order. `echo-tcp/src/bin/client.rs` makes the calls itself.
///
/// `start` is the command that starts the server; the error tells it to a student who forgot.
///
/// # Errors
///
/// [`NetError::NoServer`] when nobody listens there, and whatever else stands in the way.
pub fn connect_tcp<const PORT: u16>(
    flags: &TcpClient<PORT>,
    start: &str,
) -> Result<(TcpStream, SocketAddr), NetError> {
    connect_tcp_within(flags, None, start)
}

/// As [`connect_tcp`], but no address is waited for longer than `limit`, and the connection keeps this
/// limit: [`NetError::NoAnswer`] when the time is up. Without one, the system gives up after minutes: a
/// server whose backlog is full, or a machine that is switched off, says nothing at all.
pub fn connect_tcp_within<const PORT: u16>(
    flags: &TcpClient<PORT>,
    limit: Option<Duration>,
    start: &str,
) -> Result<(TcpStream, SocketAddr), NetError> {
    let connect = |address| {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        match limit {
            Some(limit) => {
                socket.connect_timeout(&address.into(), limit)?;
                socket.set_read_timeout(Some(limit))?;
                socket.set_write_timeout(Some(limit))?;
            }
            None => socket.connect(&address.into())?,
        }
        Ok(socket)
    };
    connect_to_first(flags, limit, start, connect)
}

/// Has `connect` try the addresses of the server, one after the other, until one answers: a name
/// such as `localhost` may have several.
///
/// TCP_NODELAY is set on the connection: a client awaits answers, and Nagle's algorithm would hold
/// back the last bytes of a message until the server has acknowledged those before.
///
/// # Errors
///
/// As [`connect_tcp`]; of several addresses the first failure is told.
pub fn first_of<const PORT: u16>(
    flags: &TcpClient<PORT>,
    start: &str,
    connect: impl Fn(SocketAddr) -> io::Result<Socket>,
) -> Result<(TcpStream, SocketAddr), NetError> {
    connect_to_first(flags, None, start, connect)
}

fn connect_to_first<const PORT: u16>(
    flags: &TcpClient<PORT>,
    limit: Option<Duration>,
    start: &str,
    connect: impl Fn(SocketAddr) -> io::Result<Socket>,
) -> Result<(TcpStream, SocketAddr), NetError> {
    let mut failed = None;
    for address in resolve_all(&flags.address.host, flags.address.port)? {
        match connect(address) {
            Ok(socket) => {
                // It fails only where the connection is lost already, as the first send will tell.
                let _ = socket.set_tcp_nodelay(true);
                return Ok((socket.into(), address));
            }
            Err(error) => {
                failed.get_or_insert_with(|| cannot_connect(error, address, limit, start));
            }
        }
    }
    // resolve_all gives at least one address, so there is a failure to tell.
    Err(failed.unwrap_or_else(|| NetError::Resolve {
        host: flags.address.host.clone(),
        error: io::ErrorKind::AddrNotAvailable.into(),
    }))
}

fn cannot_connect(
    error: io::Error,
    address: SocketAddr,
    limit: Option<Duration>,
    start: &str,
) -> NetError {
    // The system's own patience has an error number, ours has none.
    let ours = error.raw_os_error().is_none();
    match (error.kind(), limit) {
        (io::ErrorKind::ConnectionRefused, _) => NetError::NoServer {
            address,
            start: start.to_owned(),
        },
        (io::ErrorKind::TimedOut, Some(limit)) if ours => NetError::NoAnswer {
            address,
            limit,
            start: start.to_owned(),
        },
        _ => NetError::io("cannot connect to", address)(error),
    }
}
