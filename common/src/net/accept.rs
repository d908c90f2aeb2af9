//! `accept`, and what a server does when it has no descriptor left for the next client.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

use super::NetError;
use crate::console;

/// How long a connection may be silent before the system asks the peer whether it is still there.
const SILENCE: Duration = Duration::from_mins(1);

/// How long the system waits for that answer before it asks again.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// How long to wait when not even the reserve can be had back.
const BACK_OFF: Duration = Duration::from_millis(50);

/// A listening socket whose [`accept`](Listener::accept) survives a lack of descriptors.
///
/// When a process has no descriptor left, `accept` fails at once and the connection stays in the
/// queue: a loop around it spins at 100 % and nobody is told. So one descriptor is kept in
/// reserve. It is given up to accept the waiting client, who is closed with a warning, and then
/// taken back.
///
/// The connections inherit two options from the listening socket. TCP_NODELAY: answers go out at
/// once. SO_KEEPALIVE: a client whose machine was switched off says no goodbye; the system asks
/// after a minute of silence, and when nobody answers for some time, receive fails.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    reserve: Option<TcpListener>,
    address: SocketAddr,
}

impl Listener {
    /// Takes a socket that listens already.
    ///
    /// # Errors
    ///
    /// When the reserve cannot be had or the system refuses an option.
    pub fn new(socket: TcpListener) -> io::Result<Self> {
        let options = SockRef::from(&socket);
        options.set_tcp_nodelay(true)?;
        let keepalive = TcpKeepalive::new().with_time(SILENCE);
        options.set_tcp_keepalive(&keepalive.with_interval(ASK_AGAIN))?;
        let address = socket.local_addr()?;
        let reserve = Some(socket.try_clone()?);
        Ok(Self {
            socket,
            reserve,
            address,
        })
    }

    /// Where it listens: the port that the system chose, if it was asked to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The socket itself.
    #[must_use]
    pub fn socket(&self) -> &TcpListener {
        &self.socket
    }

    /// Waits for the next client.
    ///
    /// # Errors
    ///
    /// When the socket itself fails. A client that leaves before it is accepted is passed over; one
    /// for whom there is no descriptor is closed with a warning.
    pub fn accept(&mut self) -> Result<(TcpStream, SocketAddr), NetError> {
        loop {
            match self.socket.accept() {
                Ok(client) => return Ok(client),
                Err(error) if is_gone(&error) => {}
                Err(error) if is_exhausted(&error) => self.refuse(&error),
                Err(error) => return Err(NetError::io("cannot accept on", self.address)(error)),
            }
        }
    }

    /// Closes the client that waits, with the help of the reserve.
    fn refuse(&mut self, why: &io::Error) {
        if self.reserve.take().is_some() {
            // Another thread may take the descriptor first: then the next round tries again.
            if let Ok((client, peer)) = self.socket.accept() {
                drop(client);
                console::warn(format_args!("{peer} is refused: {why}"));
            }
        } else {
            thread::sleep(BACK_OFF);
        }
        self.reserve = self.socket.try_clone().ok();
    }
}

/// The client left between its handshake and our accept.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted
    )
}

/// No descriptor (of the process or of the system) or no memory for one more socket.
#[cfg(unix)]
fn is_exhausted(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(
        Errno::from_io_error(error),
        Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM)
    )
}

#[cfg(not(unix))]
fn is_exhausted(error: &io::Error) -> bool {
    const WSAEMFILE: i32 = 10024;
    const WSAENOBUFS: i32 = 10055;
    matches!(error.raw_os_error(), Some(WSAEMFILE | WSAENOBUFS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_inherit_what_the_listener_set() {
        let mut listener = Listener::new(TcpListener::bind("127.0.0.1:0").unwrap()).unwrap();
        let client = TcpStream::connect(listener.address()).unwrap();
        let (conn, peer) = listener.accept().unwrap();
        assert_eq!(peer, client.local_addr().unwrap());
        assert!(conn.nodelay().unwrap());
        assert!(SockRef::from(&conn).keepalive().unwrap());
    }
}
