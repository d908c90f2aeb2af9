//! `TCPServer`, `UDPServer`, `UnixStreamServer`, `UnixDatagramServer`: one request after the other.

use std::io;
use std::net::{TcpListener, UdpSocket};
#[cfg(unix)]
use std::os::unix::net::{UnixDatagram, UnixListener};

use anyhow::Result;

use crate::base_server::{BaseServer, ClientAddressOf, RequestOf};
use crate::handler::BaseRequestHandler;
use crate::socket::{AddressOf, DatagramReceiver, ServerAddress, ServerSocket, StreamListener};
use crate::state::{ServerOptions, ServerState};

/// A server for one kind of socket, `S`, which handles one request after the other.
///
/// `F` makes a handler for each request. In Python that is the handler's class, because a class is
/// something that makes instances when it is called; in Rust it is a closure. It is also how
/// handlers get at what they share: by what the closure captures (Python's `self.server`).
pub struct SocketServer<S: ServerSocket, F> {
    state: ServerState<S>,
    request_handler_class: F,
}

/// Serves TCP connections, one after the other.
pub type TcpServer<F> = SocketServer<StreamListener<TcpListener>, F>;

/// Serves UDP datagrams, one after the other.
pub type UdpServer<F> = SocketServer<DatagramReceiver<UdpSocket>, F>;

/// Serves connections to a Unix socket, one after the other.
#[cfg(unix)]
pub type UnixStreamServer<F> = SocketServer<StreamListener<UnixListener>, F>;

/// Serves datagrams to a Unix socket, one after the other.
#[cfg(unix)]
pub type UnixDatagramServer<F> = SocketServer<DatagramReceiver<UnixDatagram>, F>;

impl<S: ServerSocket, F> SocketServer<S, F> {
    /// Binds and activates a server with the default options of its kind. The error says why the
    /// address cannot be had, and what to do.
    pub fn new(
        address: impl ServerAddress<AddressOf<S>>,
        request_handler_class: F,
    ) -> Result<Self> {
        Self::with_options(address, S::default_options(), request_handler_class)
    }

    /// Binds and activates a server. Of several addresses, as a name may have, the first that can
    /// be had is taken; the error is that of the last.
    pub fn with_options(
        address: impl ServerAddress<AddressOf<S>>,
        options: ServerOptions,
        request_handler_class: F,
    ) -> Result<Self> {
        let mut failed = io::Error::new(io::ErrorKind::NotFound, "there is no such address").into();
        for address in address.addresses()? {
            match ServerState::new(&address, options) {
                Ok(state) => {
                    return Ok(Self {
                        state,
                        request_handler_class,
                    });
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

impl<S, F, H> BaseServer for SocketServer<S, F>
where
    S: ServerSocket,
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseRequestHandler<S::Request>,
{
    type Socket = S;

    fn state(&self) -> &ServerState<S> {
        &self.state
    }

    fn finish_request(
        &self,
        request: &mut RequestOf<Self>,
        client_address: &ClientAddressOf<Self>,
    ) -> Result<()> {
        let mut handler = (self.request_handler_class)();
        handler.run(request, client_address)
    }
}
