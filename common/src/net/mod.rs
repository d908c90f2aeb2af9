//! What stands between a program and its sockets: names to addresses, errors that say what to do
//! ([`OrSay`]), and the accidents that a server must survive ([`Listener`], [`BoundSocket`]).
//!
//! The calls themselves stand in the programs. Those of socket, setsockopt, bind, listen and
//! connect are shown by the first labs, echo-tcp and echo-udp; the others have [`listener`],
//! [`udp_socket`] and [`connect_tcp`], which make them in the same order.

mod accept;
mod address;
mod conversation;
mod counted;
mod exchange;
#[cfg(test)]
pub(crate) mod loopback;
mod or_say;
mod stamped;
mod tcp;
mod udp;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;

use crate::console;

pub use accept::{Accept, Listener, Reserve, is_exhausted, is_gone, keep_alive};
pub use address::resolve;
pub use conversation::{converse_in_thread, hang_up, wait_for_message};
pub use counted::{Counted, Running};
pub use exchange::{BLOCK, exchange};
pub use or_say::{OrSay, is_hang_up, is_timeout, time_left};
pub use tcp::{connect_tcp, connect_tcp_within, first_of, listener};
pub use udp::{
    BoundSocket, MAX_DATAGRAM, answers_for, datagram_buffer, is_own, is_passing, receive_answer,
    udp_client, udp_socket,
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
    /// The message does not fit into a datagram.
    #[error(
        "{action} {address}: the message does not fit into a datagram, which holds {MAX_DATAGRAM} bytes: send less"
    )]
    TooLarge {
        /// What was tried: `cannot send to`.
        action: &'static str,
        /// The address.
        address: SocketAddr,
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
        move |error| {
            if is_too_large(&error) {
                Self::TooLarge { action, address }
            } else {
                Self::Io {
                    action,
                    address,
                    error,
                }
            }
        }
    }

    /// [`HungUp`](Self::HungUp), after `got` of `expected` bytes.
    #[must_use]
    pub fn hung_up(address: SocketAddr, got: usize, expected: usize) -> Self {
        Self::HungUp {
            address,
            got,
            expected,
        }
    }
}

/// Whether the message does not fit into a datagram.
fn is_too_large(error: &io::Error) -> bool {
    #[cfg(unix)]
    let too_large = rustix::io::Errno::MSGSIZE.raw_os_error();
    #[cfg(not(unix))]
    let too_large = 10040; // WSAEMSGSIZE
    error.raw_os_error() == Some(too_large)
}

/// The ready line: tells on stderr that a server listens, and on which port (`--port 0` lets the
/// system choose one).
pub fn ready(protocol: &str, address: SocketAddr) {
    console::log(format_args!("listening on {protocol} {address}"));
}
