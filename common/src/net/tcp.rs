//! TCP: a listening socket for servers, a connection for clients.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::{Listener, NetError, ready, resolve, resolve_all};
use crate::flags::{TcpClient, TcpServer};

/// `socket(AF_INET or AF_INET6, SOCK_STREAM)`.
///
/// # Errors
///
/// When the system has no socket to give.
pub fn stream_socket(address: SocketAddr) -> Result<Socket, NetError> {
    let family = Domain::for_address(address);
    Socket::new(family, Type::STREAM, Some(Protocol::TCP))
        .map_err(NetError::io("cannot make a socket for", address))
}

/// `setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)`. It must be set before [`bind`].
///
/// With it a restarted TCP server gets its port although old connections are still in TIME_WAIT.
/// On Windows the option means something else (two programs may take one port) and the restart
/// works without it, so there it stays unset.
///
/// # Errors
///
/// When the system refuses the option.
pub fn reuse_address(socket: &Socket) -> io::Result<()> {
    if cfg!(unix) {
        socket.set_reuse_address(true)?;
    }
    Ok(())
}

/// `bind`: takes the port, of TCP or of UDP as the socket's type is.
///
/// # Errors
///
/// When the port cannot be had; the error says why, and what to do.
pub fn bind(socket: &Socket, address: SocketAddr) -> Result<(), NetError> {
    let protocol = match socket.r#type() {
        Ok(Type::DGRAM) => "udp",
        _ => "tcp",
    };
    socket.bind(&address.into()).map_err(|error| {
        let reusing =
            cfg!(not(unix)) || protocol == "udp" || socket.reuse_address().unwrap_or(true);
        match error.kind() {
            io::ErrorKind::AddrInUse if !reusing => NetError::InUseWithoutReuse(address),
            _ => NetError::bind(protocol, address)(error),
        }
    })
}

/// `listen`, and then the ready line. From now on the system shakes hands with up to `backlog`
/// clients (on Linux one more) that the program has not accepted yet.
///
/// # Errors
///
/// When another socket listens there: with SO_REUSEADDR two may bind one port, and only the
/// second `listen` fails.
pub fn listen(socket: Socket, backlog: i32) -> Result<Listener, NetError> {
    let bound = socket.local_addr().ok().and_then(|bound| bound.as_socket());
    let address = bound.unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)));
    socket
        .listen(backlog)
        .map_err(NetError::bind("tcp", address))?;
    let listener =
        Listener::new(socket.into()).map_err(NetError::io("cannot listen on", address))?;
    ready("tcp", listener.address());
    Ok(listener)
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
    let socket = stream_socket(address)?;
    if !flags.no_reuseaddr {
        reuse_address(&socket).map_err(NetError::io("cannot set SO_REUSEADDR for", address))?;
    }
    bind(&socket, address)?;
    listen(socket, flags.backlog)
}

/// Connects to a server and tells its address: socket, connect. A name with several addresses is
/// tried in their order. TCP_NODELAY is set: a client awaits answers, and Nagle's algorithm would
/// hold back the last bytes of a message until the server has acknowledged those before.
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

/// As [`connect_tcp`], but no address is waited for longer than `limit`. Without one, the system
/// gives up after minutes: a server whose backlog is full, or a machine that is switched off, says
/// nothing at all.
///
/// # Errors
///
/// [`NetError::NoAnswer`] when the time is up, and as [`connect_tcp`].
pub fn connect_tcp_within<const PORT: u16>(
    flags: &TcpClient<PORT>,
    limit: Option<Duration>,
    start: &str,
) -> Result<(TcpStream, SocketAddr), NetError> {
    let mut failed = None;
    for address in resolve_all(&flags.address.host, flags.address.port)? {
        let connected = match limit {
            Some(limit) => TcpStream::connect_timeout(&address, limit),
            None => TcpStream::connect(address),
        };
        match connected {
            Ok(stream) => {
                // It fails only where the connection is lost already, as the first send will tell.
                let _ = stream.set_nodelay(true);
                return Ok((stream, address));
            }
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
    // The system's own patience has an error number, ours has none.
    let limit = limit.filter(|_| error.raw_os_error().is_none());
    Err(match (error.kind(), limit) {
        (io::ErrorKind::ConnectionRefused, _) => NetError::NoServer {
            address,
            start: start.to_owned(),
        },
        (io::ErrorKind::TimedOut, Some(limit)) => NetError::NoAnswer {
            address,
            limit,
            start: start.to_owned(),
        },
        _ => NetError::Io {
            action: "cannot connect to",
            address,
            error,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_reuse_a_port_in_use_may_be_in_time_wait() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let socket = stream_socket(address).unwrap();
        let error = bind(&socket, address).unwrap_err().to_string();
        if cfg!(unix) {
            assert!(
                error.contains("TIME_WAIT") && error.contains("--no-reuseaddr"),
                "{error}"
            );
        }
        reuse_address(&socket).unwrap();
        let error = bind(&socket, address).unwrap_err().to_string();
        assert!(error.contains("stop the program"), "{error}");
    }
}
