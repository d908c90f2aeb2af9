//! What every server has: Python's instance variables.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;

use crate::options::ServerOptions;
use crate::shutdown::Shutdown;
use crate::socket::{AddressOf, ServerSocket};

/// The socket and the address of a server, its options, and how it is shut down.
pub struct ServerState<S: ServerSocket> {
    socket: Mutex<Option<Arc<S>>>,
    server_address: AddressOf<S>,
    options: ServerOptions,
    shutdown: Shutdown,
}

impl<S: ServerSocket> ServerState<S> {
    /// `server_bind`, then `server_activate`: `TCPServer.__init__`. When one of them fails, the
    /// socket is closed.
    ///
    /// # Errors
    ///
    /// Why the address cannot be had.
    pub fn new(address: &AddressOf<S>, options: ServerOptions) -> Result<Self> {
        let socket = S::server_bind(address, &options)?;
        socket.server_activate(&options)?;
        Ok(Self {
            server_address: socket.server_address()?,
            socket: Mutex::new(Some(Arc::new(socket))),
            options,
            shutdown: Shutdown::new()?,
        })
    }

    /// The server's socket.
    ///
    /// # Errors
    ///
    /// When the server is closed.
    pub fn socket(&self) -> io::Result<Arc<S>> {
        let socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        socket
            .clone()
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotConnected, "the server is closed"))
    }

    /// Where the server listens.
    pub fn server_address(&self) -> &AddressOf<S> {
        &self.server_address
    }

    /// The options that it was made with.
    pub fn options(&self) -> &ServerOptions {
        &self.options
    }

    pub(crate) fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    pub(crate) fn close(&self) {
        *self.socket.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
