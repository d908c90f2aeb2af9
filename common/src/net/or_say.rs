//! What a failed call means to a program. The call itself stands in the program, under its own
//! name; here is the sentence that a person reads when it fails.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use socket2::{Socket, Type};

use super::NetError;
use crate::console;

/// What follows a call on a socket: `socket.send_to(answer, peer).or_say("cannot send to", peer)?`.
pub trait OrSay<T> {
    /// An error that says what failed and on which address.
    ///
    /// # Errors
    ///
    /// [`NetError::TooLarge`] for a message that no datagram holds, [`NetError::Io`] for the rest.
    fn or_say(self, what: &'static str, address: SocketAddr) -> Result<T, NetError>;

    /// As [`or_say`](Self::or_say), but as a warning: `None`, and the program goes on.
    fn or_warn(self, what: &'static str, address: SocketAddr) -> Option<T>;

    /// After `bind` and `listen`: why the address cannot be had, and what to do.
    ///
    /// # Errors
    ///
    /// [`NetError::InUse`] and its like.
    fn or_cannot_listen(self, socket: &Socket, address: SocketAddr) -> Result<T, NetError>;

    /// After a client's receive: no answer within `limit`. `start` is the command that starts the
    /// server.
    ///
    /// # Errors
    ///
    /// [`NetError::NoAnswer`] when the time is up, [`NetError::Io`] for the rest.
    fn or_no_answer(
        self,
        server: SocketAddr,
        limit: Option<Duration>,
        start: &str,
    ) -> Result<T, NetError>;
}

impl<T> OrSay<T> for io::Result<T> {
    fn or_say(self, what: &'static str, address: SocketAddr) -> Result<T, NetError> {
        self.map_err(|error| NetError::io(what, address)(error))
    }

    fn or_warn(self, what: &'static str, address: SocketAddr) -> Option<T> {
        self.or_say(what, address).map_err(console::warn).ok()
    }

    fn or_cannot_listen(self, socket: &Socket, address: SocketAddr) -> Result<T, NetError> {
        self.map_err(|error| {
            let protocol = match socket.r#type() {
                Ok(Type::DGRAM) => "udp",
                _ => "tcp",
            };
            let reusing =
                cfg!(not(unix)) || protocol == "udp" || socket.reuse_address().unwrap_or(true);
            match error.kind() {
                ErrorKind::AddrInUse if !reusing => NetError::InUseWithoutReuse(address),
                ErrorKind::AddrInUse => NetError::InUse { protocol, address },
                ErrorKind::PermissionDenied => NetError::NotPermitted { address },
                ErrorKind::AddrNotAvailable => NetError::NotOurs { address },
                _ => NetError::io("cannot listen on", address)(error),
            }
        })
    }

    fn or_no_answer(
        self,
        server: SocketAddr,
        limit: Option<Duration>,
        start: &str,
    ) -> Result<T, NetError> {
        self.map_err(|error| match limit {
            Some(limit) if is_timeout(&error) => NetError::NoAnswer {
                address: server,
                limit,
                start: start.to_owned(),
            },
            _ => NetError::io("cannot receive from", server)(error),
        })
    }
}

/// How much is left of `limit` since `start`, as a socket takes it: `None` waits for ever.
///
/// # Errors
///
/// `TimedOut` when nothing is left.
pub fn time_left(start: Instant, limit: Option<Duration>) -> io::Result<Option<Duration>> {
    let Some(limit) = limit else { return Ok(None) };
    match limit.saturating_sub(start.elapsed()) {
        Duration::ZERO => Err(ErrorKind::TimedOut.into()),
        left => Ok(Some(left)),
    }
}

/// Whether the time limit of a socket has passed: Unix calls it one way, Windows the other.
#[must_use]
pub fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Whether the peer has closed or reset the connection, as the system puts it.
#[must_use]
pub fn is_hang_up(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::Domain;

    #[test]
    fn without_reuse_a_port_in_use_may_be_in_time_wait() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let bind = || {
            socket
                .bind(&address.into())
                .or_cannot_listen(&socket, address)
        };
        let error = bind().unwrap_err().to_string();
        if cfg!(unix) {
            assert!(
                error.contains("TIME_WAIT") && error.contains("--no-reuseaddr"),
                "{error}"
            );
        }
        socket.set_reuse_address(true).unwrap();
        let error = bind().unwrap_err().to_string();
        assert!(error.contains("stop the program"), "{error}");
    }

    #[test]
    fn no_time_is_left_after_the_limit() {
        let start = Instant::now();
        assert_eq!(time_left(start, None).unwrap(), None);
        assert!(
            time_left(start, Some(Duration::from_mins(1)))
                .unwrap()
                .is_some()
        );
        let error = time_left(start, Some(Duration::ZERO)).unwrap_err();
        assert!(is_timeout(&error));
    }
}
