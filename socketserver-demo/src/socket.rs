//! What differs between the four servers: their socket.

use std::fmt::Debug;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, ToSocketAddrs, UdpSocket};
#[cfg(unix)]
use std::os::unix::net::{SocketAddr as UnixAddress, UnixDatagram, UnixListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use common::net::{self, Accept, OrSay, Reserve};
use socket2::{Domain, SockRef, Socket, Type};

use crate::handler::Request;
use crate::state::{ServerOptions, lock};

/// How long a receive waits when the system announced a datagram and then dropped it, because its
/// checksum is wrong.
const DROPPED: Duration = Duration::from_millis(50);

/// Anything with a file descriptor.
#[cfg(unix)]
pub trait Descriptor: std::os::fd::AsFd {}
#[cfg(unix)]
impl<T: std::os::fd::AsFd> Descriptor for T {}

/// Anything with a socket handle.
#[cfg(windows)]
pub trait Descriptor: std::os::windows::io::AsSocket {}
#[cfg(windows)]
impl<T: std::os::windows::io::AsSocket> Descriptor for T {}

/// The socket that requests come to: [`StreamListener`] gives connections, [`DatagramReceiver`]
/// datagrams; each for IP (`AF_INET`, `AF_INET6`) and for Unix sockets (`AF_UNIX`).
pub trait ServerSocket: Sized + Send + Sync + 'static {
    /// What comes: a connection, or a datagram.
    type Request: Request;

    /// The options that a server has unless it is told others.
    fn default_options() -> ServerOptions;

    /// `socket`, `setsockopt`, `bind`.
    fn server_bind(address: &AddressOf<Self>, options: &ServerOptions) -> Result<Self>;

    /// `listen`, which datagram sockets need not. Fails when another socket listens there.
    fn server_activate(&self, options: &ServerOptions) -> Result<()>;

    /// `getsockname`: with the port that the system chose, if it was asked to.
    fn server_address(&self) -> io::Result<AddressOf<Self>>;

    /// The socket itself, to wait for.
    fn sock_ref(&self) -> SockRef<'_>;

    /// `accept`, or `recvfrom`. Does not wait (long): [`io::ErrorKind::WouldBlock`] when there is
    /// nothing.
    fn get_request(&self) -> io::Result<(Self::Request, AddressOf<Self>)>;

    /// Tells the client that nothing more will come. Closing it is what dropping the request does.
    fn shutdown_request(request: &Self::Request);
}

/// The addresses of a socket's peers, and its own.
pub type AddressOf<S> = <<S as ServerSocket>::Request as Request>::Address;

/// What can be given as a server's address: for IP whatever [`ToSocketAddrs`] takes, such as
/// `"127.0.0.1:8081"` or `("localhost", 0)`; for Unix sockets a path.
pub trait ServerAddress<A> {
    /// The addresses, in the order in which to try them.
    fn addresses(self) -> io::Result<Vec<A>>;
}

impl<T: ToSocketAddrs> ServerAddress<SocketAddr> for T {
    fn addresses(self) -> io::Result<Vec<SocketAddr>> {
        Ok(self.to_socket_addrs()?.collect())
    }
}

#[cfg(unix)]
impl<T: AsRef<std::path::Path>> ServerAddress<UnixAddress> for T {
    fn addresses(self) -> io::Result<Vec<UnixAddress>> {
        Ok(vec![UnixAddress::from_pathname(self)?])
    }
}

/// A socket for IP: `socket`, `setsockopt`, `bind`.
fn bound(address: SocketAddr, kind: Type, options: &ServerOptions) -> Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, None)
        .or_say("cannot make a socket for", address)?;
    socket.set_reuse_address(options.allow_reuse_address && cfg!(unix))?;
    #[cfg(unix)]
    if options.allow_reuse_port {
        socket.set_reuse_port(true)?;
    }
    socket
        .bind(&address.into())
        .or_cannot_listen(&socket, address)?;
    Ok(socket)
}

// Connections: the sockets of `TCPServer` and `UnixStreamServer`.

/// A connection: `TcpStream`, `UnixStream`.
pub trait StreamSocket: Request + Descriptor {}

impl<S: Request + Descriptor> StreamSocket for S {}

/// A socket that connections come to: `TcpListener`, `UnixListener`. The two differ in how they are
/// bound.
pub trait ListeningSocket:
    Accept<Stream: StreamSocket> + Descriptor + Send + Sync + 'static
{
    /// `socket`, `setsockopt`, `bind`.
    fn bind(address: &Self::Peer, options: &ServerOptions) -> Result<Self>;

    /// `getsockname`.
    fn address(&self) -> io::Result<Self::Peer>;
}

impl ListeningSocket for TcpListener {
    fn bind(address: &SocketAddr, options: &ServerOptions) -> Result<Self> {
        let listener = bound(*address, Type::STREAM, options)?.into();
        net::keep_alive(&listener)?;
        Ok(listener)
    }

    fn address(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }
}

#[cfg(unix)]
impl ListeningSocket for UnixListener {
    fn bind(address: &UnixAddress, _options: &ServerOptions) -> Result<Self> {
        // This listens too, with a queue of the standard library's choice; `server_activate` sets
        // ours.
        Self::bind_addr(address).with_context(|| format!("cannot listen on {address:?}"))
    }

    fn address(&self) -> io::Result<UnixAddress> {
        self.local_addr()
    }
}

/// A listening socket that refuses, instead of spinning, when descriptors run out.
pub struct StreamListener<L> {
    listener: L,
    reserve: Mutex<Reserve<L>>,
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
        let reserve = Reserve::of(&listener);
        let reserve = reserve.with_context(|| format!("cannot listen on {address:?}"))?;
        Ok(Self {
            listener,
            reserve: Mutex::new(reserve),
        })
    }

    fn server_activate(&self, options: &ServerOptions) -> Result<()> {
        let socket = self.sock_ref();
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

    fn sock_ref(&self) -> SockRef<'_> {
        SockRef::from(&self.listener)
    }

    fn get_request(&self) -> io::Result<(L::Stream, L::Peer)> {
        let (stream, peer) = match self.listener.accept_one() {
            Err(error) if net::is_exhausted(&error) => lock(&self.reserve)
                .accept_or_refuse(&self.listener, &error)
                .ok_or(io::ErrorKind::WouldBlock)?,
            accepted => accepted?,
        };
        // On macOS and Windows a connection inherits this from its listener.
        SockRef::from(&stream).set_nonblocking(false)?;
        Ok((stream, peer))
    }

    fn shutdown_request(request: &L::Stream) {
        // A client that has left already is no failure here.
        let _ = SockRef::from(request).shutdown(Shutdown::Write);
    }
}

// Datagrams: the sockets of `UDPServer` and `UnixDatagramServer`.

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
    fn bind(address: &Self::Address, options: &ServerOptions) -> Result<Self>;

    /// `getsockname`.
    fn address(&self) -> io::Result<Self::Address>;

    /// `recvfrom`: the datagram's length in bytes, and its sender.
    fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, Self::Address)>;

    /// `sendto`.
    fn send_to(&self, data: &[u8], address: &Self::Address) -> io::Result<usize>;

    /// Whether an answer to `peer` would arrive at the socket that is bound to `own`: a server that
    /// answers such a datagram talks to itself for ever.
    fn is_own(peer: &Self::Address, own: &Self::Address) -> bool;
}

impl DatagramSocket for UdpSocket {
    type Address = SocketAddr;

    fn bind(address: &SocketAddr, options: &ServerOptions) -> Result<Self> {
        Ok(bound(*address, Type::DGRAM, options)?.into())
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

#[cfg(unix)]
impl DatagramSocket for UnixDatagram {
    type Address = UnixAddress;

    fn bind(address: &UnixAddress, _options: &ServerOptions) -> Result<Self> {
        Self::bind_addr(address).with_context(|| format!("cannot listen on {address:?}"))
    }

    fn address(&self) -> io::Result<UnixAddress> {
        self.local_addr()
    }

    fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, UnixAddress)> {
        self.recv_from(buffer)
    }

    fn send_to(&self, data: &[u8], address: &UnixAddress) -> io::Result<usize> {
        self.send_to_addr(data, address)
    }

    fn is_own(_peer: &UnixAddress, _own: &UnixAddress) -> bool {
        false // the system itself tells who sent it
    }
}

/// A bound socket, its address, and the buffer in which its datagrams arrive.
pub struct DatagramReceiver<S: DatagramSocket> {
    socket: Arc<S>,
    address: S::Address,
    buffer: Mutex<Vec<u8>>,
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
        Ok(self.sock_ref().set_read_timeout(Some(DROPPED))?)
    }

    fn server_address(&self) -> io::Result<S::Address> {
        Ok(self.address.clone())
    }

    fn sock_ref(&self) -> SockRef<'_> {
        SockRef::from(&*self.socket)
    }

    fn get_request(&self) -> io::Result<(Datagram<S>, S::Address)> {
        let mut buffer = lock(&self.buffer);
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
