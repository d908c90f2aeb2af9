//! Datagrams: the sockets of `UDPServer` and `UnixDatagramServer`.

use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use common::net::{self, OrSay};
use socket2::{Domain, SockRef, Socket, Type};

use crate::handler::Request;
use crate::options::ServerOptions;
use crate::socket::{Descriptor, ServerSocket};

/// How long a receive waits when the system announced a datagram and then dropped it, because its
/// checksum is wrong.
const DROPPED: Duration = Duration::from_millis(50);

/// A request of a datagram server: Python's pair `(data, socket)`.
pub struct Datagram<S = UdpSocket> {
    /// The bytes of the datagram.
    pub data: Vec<u8>,
    /// The server's socket, to send the answer with.
    pub socket: Arc<S>,
}

impl<S: DatagramSocket> Request for Datagram<S> {
    type Address = S::Address;
}

/// A socket that datagrams come to: `UdpSocket`, `UnixDatagram`.
pub trait DatagramSocket: Descriptor + Sized + Send + Sync + 'static {
    /// Who sends and receives datagrams.
    type Address: Clone + Debug + Send + Sync + 'static;

    /// `socket`, `setsockopt`, `bind`.
    ///
    /// # Errors
    ///
    /// When the address cannot be had.
    fn bind(address: &Self::Address, options: &ServerOptions) -> Result<Self>;

    /// `getsockname`.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    fn address(&self) -> io::Result<Self::Address>;

    /// `recvfrom`: the datagram's length in bytes, and its sender.
    ///
    /// # Errors
    ///
    /// Whatever the system says.
    fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, Self::Address)>;

    /// `sendto`.
    ///
    /// # Errors
    ///
    /// Whatever the system says.
    fn send_to(&self, data: &[u8], address: &Self::Address) -> io::Result<usize>;

    /// Whether an answer to `peer` would arrive at the socket that is bound to `own`: a server that
    /// answers such a datagram talks to itself for ever.
    fn is_own(peer: &Self::Address, own: &Self::Address) -> bool;
}

impl DatagramSocket for UdpSocket {
    type Address = SocketAddr;

    fn bind(address: &SocketAddr, options: &ServerOptions) -> Result<Self> {
        let socket = Socket::new(Domain::for_address(*address), Type::DGRAM, None)?;
        socket.set_reuse_address(options.allow_reuse_address && cfg!(unix))?;
        #[cfg(unix)]
        if options.allow_reuse_port {
            socket.set_reuse_port(true)?;
        }
        let bound = socket.bind(&(*address).into());
        bound.or_cannot_listen(&socket, *address)?;
        Ok(socket.into())
    }

    fn address(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }

    fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.recv_from(buffer)
    }

    fn send_to(&self, data: &[u8], address: &SocketAddr) -> io::Result<usize> {
        self.send_to(data, address)
    }

    fn is_own(peer: &SocketAddr, own: &SocketAddr) -> bool {
        net::is_own(*peer, *own)
    }
}

/// A bound socket, its address, and the buffer in which its datagrams arrive.
pub struct DatagramReceiver<S: DatagramSocket> {
    socket: Arc<S>,
    address: S::Address,
    buffer: Mutex<Vec<u8>>,
}

#[cfg(unix)]
impl<S: DatagramSocket> std::os::fd::AsFd for DatagramReceiver<S> {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(windows)]
impl<S: DatagramSocket> std::os::windows::io::AsSocket for DatagramReceiver<S> {
    fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
        self.socket.as_socket()
    }
}

impl<S: DatagramSocket> ServerSocket for DatagramReceiver<S> {
    type Request = Datagram<S>;

    fn default_options() -> ServerOptions {
        ServerOptions::for_datagrams()
    }

    fn server_bind(address: &S::Address, options: &ServerOptions) -> Result<Self> {
        let socket = S::bind(address, options)?;
        Ok(Self {
            address: socket.address()?,
            socket: Arc::new(socket),
            buffer: Mutex::new(vec![0; options.max_packet_size]),
        })
    }

    fn server_activate(&self, _options: &ServerOptions) -> Result<()> {
        // Not O_NONBLOCK: the handlers send through the same socket, and they should wait when its
        // buffer is full.
        Ok(SockRef::from(&*self.socket).set_read_timeout(Some(DROPPED))?)
    }

    fn server_address(&self) -> io::Result<S::Address> {
        Ok(self.address.clone())
    }

    fn get_request(&self) -> io::Result<(Datagram<S>, S::Address)> {
        // What a panic leaves in the buffer is overwritten by the next datagram.
        let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
        let (size, client_address) = self.socket.recv_from(&mut buffer)?;
        if S::is_own(&client_address, &self.address) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let datagram = Datagram {
            data: buffer[..size].to_vec(),
            socket: Arc::clone(&self.socket),
        };
        Ok((datagram, client_address))
    }

    fn shutdown_request(_request: &Datagram<S>) {}
}
