//! What differs between the four servers: their socket.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use anyhow::Result;

use crate::handler::Request;
use crate::options::ServerOptions;

/// Anything with a file descriptor that the system can wait for.
#[cfg(unix)]
pub trait Descriptor: std::os::fd::AsFd {}
#[cfg(unix)]
impl<T: std::os::fd::AsFd> Descriptor for T {}

/// Anything with a socket handle.
#[cfg(windows)]
pub trait Descriptor: std::os::windows::io::AsSocket {}
#[cfg(windows)]
impl<T: std::os::windows::io::AsSocket> Descriptor for T {}

/// The socket that requests come to.
///
/// [`StreamListener`](crate::StreamListener) gives connections,
/// [`DatagramReceiver`](crate::DatagramReceiver) datagrams; each for IP (`AF_INET`, `AF_INET6`) and
/// for Unix sockets (`AF_UNIX`).
pub trait ServerSocket: Descriptor + Sized + Send + Sync + 'static {
    /// What comes: a connection, or a datagram.
    type Request: Request;

    /// The options that a server has unless it is told others.
    fn default_options() -> ServerOptions;

    /// `socket`, `setsockopt`, `bind`.
    ///
    /// # Errors
    ///
    /// When the address cannot be had.
    fn server_bind(address: &AddressOf<Self>, options: &ServerOptions) -> Result<Self>;

    /// `listen`. Datagram sockets need none.
    ///
    /// # Errors
    ///
    /// When another socket listens there.
    fn server_activate(&self, options: &ServerOptions) -> Result<()>;

    /// `getsockname`: with the port that the system chose, if it was asked to.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    fn server_address(&self) -> io::Result<AddressOf<Self>>;

    /// `accept`, or `recvfrom`. Does not wait (long).
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::WouldBlock`] when there is nothing, and whatever else the system says.
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
    ///
    /// # Errors
    ///
    /// When there is none.
    fn addresses(self) -> io::Result<Vec<A>>;
}

impl<T: ToSocketAddrs> ServerAddress<SocketAddr> for T {
    fn addresses(self) -> io::Result<Vec<SocketAddr>> {
        Ok(self.to_socket_addrs()?.collect())
    }
}

#[cfg(unix)]
impl<T: AsRef<std::path::Path>> ServerAddress<std::os::unix::net::SocketAddr> for T {
    fn addresses(self) -> io::Result<Vec<std::os::unix::net::SocketAddr>> {
        Ok(vec![std::os::unix::net::SocketAddr::from_pathname(self)?])
    }
}
