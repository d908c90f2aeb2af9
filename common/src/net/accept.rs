//! `accept`, and what a server does when it has no descriptor left for the next client.

use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
#[cfg(unix)]
use std::os::unix::net::{SocketAddr as UnixAddress, UnixListener, UnixStream};
use std::thread;
use std::time::Duration;

use socket2::{SockRef, Socket, TcpKeepalive};

use super::{NetError, OrSay, ready};
use crate::console;

/// How long a connection may be silent before the system asks the peer whether it is still there.
const SILENCE: Duration = Duration::from_mins(1);

/// How long the system waits for that answer before it asks again.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// How long to wait when a call fails for a reason that may not pass at once, or when not even the
/// reserve can be had back.
pub(super) const BACK_OFF: Duration = Duration::from_millis(50);

/// A socket that `accept` takes connections from.
pub trait Accept: Sized {
    /// A connection.
    type Stream;
    /// Who is at its other end.
    type Peer: Debug;

    /// `accept`: the next connection.
    ///
    /// # Errors
    ///
    /// Whatever the system says.
    fn accept_one(&self) -> io::Result<(Self::Stream, Self::Peer)>;

    /// `dup`: a second descriptor of the same socket.
    ///
    /// # Errors
    ///
    /// When there is no descriptor left.
    fn duplicate(&self) -> io::Result<Self>;
}

impl Accept for TcpListener {
    type Stream = TcpStream;
    type Peer = SocketAddr;

    fn accept_one(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.accept()
    }

    fn duplicate(&self) -> io::Result<Self> {
        self.try_clone()
    }
}

#[cfg(unix)]
impl Accept for UnixListener {
    type Stream = UnixStream;
    type Peer = UnixAddress;

    fn accept_one(&self) -> io::Result<(UnixStream, UnixAddress)> {
        self.accept()
    }

    fn duplicate(&self) -> io::Result<Self> {
        self.try_clone()
    }
}

/// One descriptor more than a server needs, for the day when there is none left.
///
/// When a process has no descriptor left, `accept` fails at once and the connection stays in the
/// queue: a loop around it spins at 100 % and nobody is told. So one descriptor is kept in
/// reserve. It is given up to accept the client, who is closed with a warning if it cannot be taken
/// back while the client has its own.
#[derive(Debug)]
pub struct Reserve<L>(Option<L>);

impl<L: Accept> Reserve<L> {
    /// Takes a second descriptor of `listener`.
    ///
    /// # Errors
    ///
    /// When there is none left already.
    pub fn of(listener: &L) -> io::Result<Self> {
        listener.duplicate().map(|spare| Self(Some(spare)))
    }

    /// Accepts the next client after `accept` has failed for want of a descriptor, because of `why`
    /// (see [`is_exhausted`]). `None` if there is none for this client either: it is closed.
    ///
    /// On Linux a blocking `accept` fails before there is a client. When one comes, minutes later
    /// perhaps, others may have left, and there are descriptors again.
    pub fn accept_or_refuse(
        &mut self,
        listener: &L,
        why: &io::Error,
    ) -> Option<(L::Stream, L::Peer)> {
        if self.0.take().is_none() {
            thread::sleep(BACK_OFF);
        }
        // Another thread may take the descriptor first: then the next round tries again.
        let accepted = listener.accept_one().ok();
        self.0 = listener.duplicate().ok();
        if self.0.is_some() {
            return accepted;
        }
        if let Some((client, peer)) = accepted {
            drop(client);
            console::warn(format_args!("{peer:?} is refused: {why}"));
            self.0 = listener.duplicate().ok();
        }
        None
    }
}

/// SO_KEEPALIVE, which the connections inherit from the listening socket: a client whose machine was
/// switched off says no goodbye. The system asks after a minute of silence, and when nobody answers
/// for some time, receive fails.
///
/// # Errors
///
/// When the system refuses the option.
pub fn keep_alive(listener: &TcpListener) -> io::Result<()> {
    let keepalive = TcpKeepalive::new().with_time(SILENCE);
    SockRef::from(listener).set_tcp_keepalive(&keepalive.with_interval(ASK_AGAIN))
}

/// A listening socket whose [`accept`](Listener::accept) survives a lack of descriptors, by its
/// [`Reserve`].
///
/// The connections inherit two options from it: TCP_NODELAY, so that answers go out at once, and
/// SO_KEEPALIVE (see [`keep_alive`]).
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    reserve: Reserve<TcpListener>,
    address: SocketAddr,
}

impl Listener {
    /// Takes a socket that listens, and prints the ready line.
    ///
    /// # Errors
    ///
    /// When the reserve cannot be had or the system refuses an option.
    pub fn ready(socket: Socket) -> Result<Self, NetError> {
        let socket = TcpListener::from(socket);
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        let address = socket.local_addr().or_say("cannot listen on", unknown)?;
        let listener = Self::new(socket, address).or_say("cannot listen on", address)?;
        ready("tcp", address);
        Ok(listener)
    }

    fn new(socket: TcpListener, address: SocketAddr) -> io::Result<Self> {
        SockRef::from(&socket).set_tcp_nodelay(true)?;
        keep_alive(&socket)?;
        Ok(Self {
            address,
            reserve: Reserve::of(&socket)?,
            socket,
        })
    }

    /// Waits for the next client.
    ///
    /// # Errors
    ///
    /// When the socket itself is of no use: closed, or not listening. A client that leaves before it is
    /// accepted is passed over; one for whom there is no descriptor is closed with a warning. Any
    /// other failure is a warning and a short rest: on Linux `accept` tells what happened to the
    /// client's connection too, such as an unreachable network.
    pub fn accept(&mut self) -> Result<(TcpStream, SocketAddr), NetError> {
        loop {
            match self.socket.accept() {
                Ok(client) => return Ok(client),
                Err(error) if is_gone(&error) => {}
                Err(error) if is_exhausted(&error) => {
                    let accepted = self.reserve.accept_or_refuse(&self.socket, &error);
                    if let Some(client) = accepted {
                        return Ok(client);
                    }
                }
                Err(error) => {
                    let useless = is_useless(&error);
                    let error = NetError::io("cannot accept on", self.address)(error);
                    if useless {
                        return Err(error);
                    }
                    console::warn(error);
                    thread::sleep(BACK_OFF);
                }
            }
        }
    }
}

/// Whether the client left between its handshake and our `accept`, or a signal came.
#[must_use]
pub fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted
    )
}

/// Whether there is no descriptor (of the process or of the system) or no memory for one more socket.
#[cfg(unix)]
#[must_use]
pub fn is_exhausted(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(
        Errno::from_io_error(error),
        Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM)
    )
}

/// Whether there is no handle or no memory for one more socket.
#[cfg(not(unix))]
#[must_use]
pub fn is_exhausted(error: &io::Error) -> bool {
    const WSAEMFILE: i32 = 10024;
    const WSAENOBUFS: i32 = 10055;
    matches!(error.raw_os_error(), Some(WSAEMFILE | WSAENOBUFS))
}

/// Whether it says that this is no socket, or none that listens: the next `accept` will fail too.
#[cfg(unix)]
fn is_useless(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(
        Errno::from_io_error(error),
        Some(Errno::BADF | Errno::INVAL | Errno::NOTSOCK | Errno::OPNOTSUPP)
    )
}

/// Whether it says that this is no socket, or none that listens: the next `accept` will fail too.
#[cfg(not(unix))]
fn is_useless(error: &io::Error) -> bool {
    const WSAEINVAL: i32 = 10022;
    const WSAENOTSOCK: i32 = 10038;
    const WSAEOPNOTSUPP: i32 = 10045;
    matches!(
        error.raw_os_error(),
        Some(WSAEINVAL | WSAENOTSOCK | WSAEOPNOTSUPP)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn connections_inherit_what_the_listener_set() {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let mut listener = Listener::new(socket, address).unwrap();
        let client = TcpStream::connect(address).unwrap();
        let (conn, peer) = listener.accept().unwrap();
        assert_eq!(peer, client.local_addr().unwrap());
        assert!(conn.nodelay().unwrap());
        assert!(SockRef::from(&conn).keepalive().unwrap());
    }

    /// A listener in a process that has so many descriptors left; its clients are of the same kind.
    struct Scarce(Rc<Cell<u32>>);

    impl Accept for Scarce {
        type Stream = Self;
        type Peer = ();

        fn accept_one(&self) -> io::Result<(Self, ())> {
            self.duplicate().map(|client| (client, ()))
        }

        fn duplicate(&self) -> io::Result<Self> {
            let left = self.0.get().checked_sub(1).ok_or(io::ErrorKind::Other)?;
            self.0.set(left);
            Ok(Self(Rc::clone(&self.0)))
        }
    }

    impl Drop for Scarce {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn a_client_is_refused_only_while_there_is_no_descriptor() {
        let left = Rc::new(Cell::new(1));
        let listener = Scarce(Rc::clone(&left));
        let mut reserve = Reserve::of(&listener).unwrap();
        let why = io::Error::other("too many open files");
        assert!(reserve.accept_or_refuse(&listener, &why).is_none());
        assert!(reserve.0.is_some());
        left.set(1);
        let client = reserve.accept_or_refuse(&listener, &why);
        assert!(client.is_some() && reserve.0.is_some());
        assert_eq!(left.get(), 0);
    }
}
