//! TCP: a listening socket for servers, a connection for clients.

use std::io;
use std::net::{SocketAddr, TcpStream};

use socket2::{Domain, Protocol, Socket, Type};

use super::{Listener, NetError, ready, resolve, resolve_all};
use crate::flags::{TcpClient, TcpServer};

/// `socket(AF_INET or AF_INET6, SOCK_STREAM)`, then SO_REUSEADDR if `reuse_address`.
///
/// SO_REUSEADDR must be set before `bind`: with it a restarted server gets its port although
/// old connections are still in TIME_WAIT. On Windows the option means something else (two
/// programs may take one port) and the restart works without it, so there it stays unset.
///
/// # Errors
///
/// When the system has no socket to give.
pub fn stream_socket(address: SocketAddr, reuse_address: bool) -> Result<Socket, NetError> {
    let make = || {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        if cfg!(unix) {
            socket.set_reuse_address(reuse_address)?;
        }
        Ok(socket)
    };
    make().map_err(NetError::io("cannot make a socket for", address))
}

/// Makes the listening socket of a server and prints the ready line: socket, SO_REUSEADDR, bind, listen.
///
/// # Errors
///
/// When the host is unknown or the port cannot be had; the error says why, and what to do.
pub fn listen_tcp<const PORT: u16, const BACKLOG: i32>(
    flags: &TcpServer<PORT, BACKLOG>,
) -> Result<Listener, NetError> {
    let address = resolve(&flags.address.host, flags.address.port)?;
    let socket = stream_socket(address, !flags.no_reuseaddr)?;
    socket
        .bind(&address.into())
        .map_err(NetError::bind("tcp", address))?;
    // With SO_REUSEADDR two sockets may bind one port, and only the second `listen` fails.
    socket
        .listen(flags.backlog)
        .map_err(NetError::bind("tcp", address))?;
    let listener =
        Listener::new(socket.into()).map_err(NetError::io("cannot listen on", address))?;
    ready("tcp", listener.address());
    Ok(listener)
}

/// Connects to a server: socket, connect. A name with several addresses is tried in their order.
///
/// `start` is the command that starts the server; the error tells it to a student who forgot.
///
/// # Errors
///
/// [`NetError::NoServer`] when nobody listens there, and whatever else stands in the way.
pub fn connect_tcp<const PORT: u16>(
    flags: &TcpClient<PORT>,
    start: &str,
) -> Result<TcpStream, NetError> {
    let mut failed = None;
    for address in resolve_all(&flags.address.host, flags.address.port)? {
        match TcpStream::connect(address) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = failed.or(Some((address, error))),
        }
    }
    // resolve_all gives at least one address, so there is a failure to tell.
    let (address, error) = failed.unwrap_or_else(|| {
        (
            SocketAddr::from(([0, 0, 0, 0], 0)),
            io::ErrorKind::AddrNotAvailable.into(),
        )
    });
    Err(match error.kind() {
        io::ErrorKind::ConnectionRefused => NetError::NoServer {
            address,
            start: start.to_owned(),
        },
        _ => NetError::Io {
            action: "cannot connect to",
            address,
            error,
        },
    })
}
