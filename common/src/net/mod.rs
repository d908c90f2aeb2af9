//! Sockets, made in the order in which the system wants it: socket, options, bind, listen.
//!
//! What is a lesson of its own stays visible in the programs (`accept`, `recv`, `send`,
//! `recvfrom`, `sendto`); here is what would hide it: names to addresses, errors that say what
//! to do, and the accidents that a server must survive.

mod accept;
mod address;
mod conversation;
mod exchange;
mod stalls;
mod tcp;
mod udp;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;

use crate::console;

pub use accept::{Accept, Listener, Reserve, is_exhausted, is_gone, keep_alive};
pub use address::{resolve, resolve_all};
pub use conversation::{converse_in_thread, hang_up, wait_for_message};
pub use exchange::{MAX_ANSWER, exchange, receive_until_close, send_all};
pub(crate) use stalls::is_timeout;
pub use stalls::{limit_stalls, send_some, send_unless_stalled};
pub use tcp::{
    bind, connect_tcp, connect_tcp_within, listen, listen_tcp, reuse_address, stream_socket,
};
pub use udp::{
    BoundSocket, MAX_DATAGRAM, bind_udp, bind_udp_reusing_address, datagram_buffer,
    datagram_socket, is_own, receive, receive_from, reply, send_to, udp_client,
};

/// What went wrong with a socket, with the address and the remedy.
#[derive(Debug, Error)]
pub enum NetError {
    /// A name has no address.
    #[error("cannot find the host {host:?}: {error}: check --host")]
    Resolve {
        /// The name, as it was given.
        host: String,
        /// What the resolver said.
        error: io::Error,
    },
    /// The port is taken.
    #[error(
        "{protocol} port {address} is in use: stop the program that has it, or choose another with --port"
    )]
    InUse {
        /// `tcp` or `udp`.
        protocol: &'static str,
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The port is taken, perhaps by nothing but old connections: SO_REUSEADDR is unset.
    #[error(
        "tcp port {0} is in use, by a program or by old connections in TIME_WAIT: stop the program, wait a minute, or leave out --no-reuseaddr"
    )]
    InUseWithoutReuse(SocketAddr),
    /// The port belongs to the administrator.
    #[error(
        "no permission to listen on {address}: ports below 1024 are the administrator's, choose a higher one with --port"
    )]
    NotPermitted {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The host is not an address of this machine.
    #[error("{address} is not an address of this machine: check --host")]
    NotOurs {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// Nobody listens there.
    #[error("no server at {address}: start it with {start}")]
    NoServer {
        /// Where the server should have been.
        address: SocketAddr,
        /// The command that starts it.
        start: String,
    },
    /// A datagram, or the attempt to connect, was not answered in time.
    #[error("no answer from {address} within {} s: is the server running? start it with {start}", .limit.as_secs_f64())]
    NoAnswer {
        /// Who was asked.
        address: SocketAddr,
        /// How long it was waited for.
        limit: Duration,
        /// The command that starts the server.
        start: String,
    },
    /// The server closed or reset the connection in the middle of its answer.
    #[error(
        "{address} hung up after {got} of {expected} bytes of the answer: is the server still running?"
    )]
    HungUp {
        /// The server.
        address: SocketAddr,
        /// How many bytes of the answer came.
        got: usize,
        /// How many were to come.
        expected: usize,
    },
    /// The server closed or reset the connection instead of answering.
    #[error("{0} hung up without an answer: is it the right server?")]
    NothingCame(SocketAddr),
    /// The answer is longer than [`MAX_ANSWER`].
    #[error("{0} answers more than {MAX_ANSWER} bytes: is it the right server?")]
    AnswerTooLong(SocketAddr),
    /// The message does not fit into a datagram.
    #[error(
        "a message of {size} bytes does not fit into a datagram, which holds {MAX_DATAGRAM}: send less"
    )]
    TooLarge {
        /// The message's size in bytes.
        size: usize,
    },
    /// Any other failure.
    #[error("{action} {address}: {error}")]
    Io {
        /// What was tried, such as `cannot connect to`.
        action: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
}

impl NetError {
    fn io(action: &'static str, address: SocketAddr) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Io {
            action,
            address,
            error,
        }
    }

    fn bind(protocol: &'static str, address: SocketAddr) -> impl FnOnce(io::Error) -> Self {
        move |error| match error.kind() {
            io::ErrorKind::AddrInUse => Self::InUse { protocol, address },
            io::ErrorKind::PermissionDenied => Self::NotPermitted { address },
            io::ErrorKind::AddrNotAvailable => Self::NotOurs { address },
            _ => Self::Io {
                action: "cannot listen on",
                address,
                error,
            },
        }
    }
}

/// The ready line: tells on stderr that a server listens, and on which port (`--port 0` lets the
/// system choose one).
pub fn ready(protocol: &str, address: SocketAddr) {
    console::note(format_args!("listening on {protocol} {address}"));
}
