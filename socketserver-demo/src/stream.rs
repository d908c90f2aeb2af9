//! Connections: the sockets of `TCPServer` and `UnixStreamServer`.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use common::net::{self, Accept, OrSay, Reserve};
use socket2::{Domain, SockRef, Socket, Type};

use crate::handler::Request;
use crate::options::ServerOptions;
use crate::socket::{Descriptor, ServerSocket};

/// A connection: `TcpStream`, `UnixStream`.
pub trait StreamSocket: Request + Descriptor {}

impl<S: Request + Descriptor> StreamSocket for S {}

/// A socket that connections come to: `TcpListener`, `UnixListener`. The two differ in how they are
/// bound.
pub trait ListeningSocket:
    Accept<Stream: StreamSocket> + Descriptor + Send + Sync + 'static
{
    /// `socket`, `setsockopt`, `bind`.
    ///
    /// # Errors
    ///
    /// When the address cannot be had.
    fn bind(address: &Self::Peer, options: &ServerOptions) -> Result<Self>;

    /// `getsockname`.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    fn address(&self) -> io::Result<Self::Peer>;
}

impl ListeningSocket for TcpListener {
    fn bind(address: &SocketAddr, options: &ServerOptions) -> Result<Self> {
        let socket = Socket::new(Domain::for_address(*address), Type::STREAM, None)?;
        socket.set_reuse_address(options.allow_reuse_address && cfg!(unix))?;
        #[cfg(unix)]
        if options.allow_reuse_port {
            socket.set_reuse_port(true)?;
        }
        let bound = socket.bind(&(*address).into());
        bound.or_cannot_listen(&socket, *address)?;
        let listener = socket.into();
        net::keep_alive(&listener)?;
        Ok(listener)
    }

    fn address(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }
}

/// A listening socket that refuses, instead of spinning, when descriptors run out.
pub struct StreamListener<L> {
    listener: L,
    reserve: Mutex<Reserve<L>>,
}

#[cfg(unix)]
impl<L: Descriptor> std::os::fd::AsFd for StreamListener<L> {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

#[cfg(windows)]
impl<L: Descriptor> std::os::windows::io::AsSocket for StreamListener<L> {
    fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
        self.listener.as_socket()
    }
}

impl<L> ServerSocket for StreamListener<L>
where
    L: ListeningSocket,
    L::Stream: Request<Address = L::Peer>,
{
    type Request = L::Stream;

    fn default_options() -> ServerOptions {
        ServerOptions::for_streams()
    }

    fn server_bind(address: &L::Peer, options: &ServerOptions) -> Result<Self> {
        let listener = L::bind(address, options)?;
        let reserve = Mutex::new(Reserve::of(&listener)?);
        Ok(Self { listener, reserve })
    }

    fn server_activate(&self, options: &ServerOptions) -> Result<()> {
        let socket = SockRef::from(&self.listener);
        // A client may leave between the wait and `accept`, which must not wait for the next one.
        socket.set_nonblocking(true)?;
        // With SO_REUSEADDR two sockets may bind one port, and only the second `listen` fails.
        let address = self.server_address()?;
        socket
            .listen(options.request_queue_size)
            .with_context(|| format!("cannot listen on {address:?}"))
    }

    fn server_address(&self) -> io::Result<L::Peer> {
        self.listener.address()
    }

    fn get_request(&self) -> io::Result<(L::Stream, L::Peer)> {
        let accepted = match self.listener.accept_one() {
            Err(error) if net::is_exhausted(&error) => {
                // Reserve has no state that a panic could leave half-changed.
                let mut reserve = self.reserve.lock().unwrap_or_else(PoisonError::into_inner);
                let accepted = reserve.accept_or_refuse(&self.listener, &error);
                accepted.ok_or_else(|| io::ErrorKind::WouldBlock.into())
            }
            accepted => accepted,
        };
        let (stream, peer) = accepted?;
        // On macOS and Windows a connection inherits this from its listener.
        SockRef::from(&stream).set_nonblocking(false)?;
        Ok((stream, peer))
    }

    fn shutdown_request(request: &L::Stream) {
        // A client that has left already is no failure here.
        let _ = SockRef::from(request).shutdown(Shutdown::Write);
    }
}
