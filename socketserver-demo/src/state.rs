//! What every server has: its options, its socket, and how its loop waits and is stopped.

use std::io;
#[cfg(unix)]
use std::io::{Read, Write};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use anyhow::Result;
use common::net::datagram_buffer;

use crate::socket::{AddressOf, Descriptor, ServerSocket};

/// How a server sets up its socket. Change what should differ from Python's defaults, or from ours:
///
/// ```
/// use socketserver_demo::ServerOptions;
///
/// let options = ServerOptions {
///     request_queue_size: 5,
///     ..ServerOptions::for_streams()
/// };
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ServerOptions {
    /// How many connections may wait until the server accepts them: the backlog of `listen`.
    ///
    /// Python's 5 is too few for a crowd: who finds the queue full is not told, and tries again
    /// after a second, then two, then four. The system clamps the number to what it allows (on
    /// Linux `/proc/sys/net/core/somaxconn`, 4096), which is the default here. Of no use to
    /// datagram servers.
    pub request_queue_size: i32,

    /// Sets SO_REUSEADDR.
    ///
    /// Stream servers: yes, so that a restarted server gets its port at once. (Python says no, and
    /// the restart fails for a minute.) Datagram servers: no, as in Python. They have nothing to
    /// wait for, and with it a second server could take the datagrams of the first.
    pub allow_reuse_address: bool,

    /// Sets SO_REUSEPORT, where there is such a thing: several servers share one port and the
    /// system distributes the clients. Of no use to Unix sockets.
    pub allow_reuse_port: bool,

    /// The longest datagram in bytes; of a longer one the rest is lost. The default loses nothing
    /// of any UDP datagram (Python's: 8192 bytes). Of no use to stream servers.
    pub max_packet_size: usize,

    /// How long [`handle_request`](crate::BaseServer::handle_request) waits; `None` waits for ever.
    /// Nobody else heeds it.
    pub timeout: Option<Duration>,
}

impl ServerOptions {
    /// The defaults of stream servers.
    #[must_use]
    pub fn for_streams() -> Self {
        Self {
            request_queue_size: 4096,
            allow_reuse_address: true,
            allow_reuse_port: false,
            max_packet_size: datagram_buffer().len(),
            timeout: None,
        }
    }

    /// The defaults of datagram servers.
    #[must_use]
    pub fn for_datagrams() -> Self {
        Self {
            allow_reuse_address: false,
            ..Self::for_streams()
        }
    }
}

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

/// Stops `serve_forever`: a request to stop, and a bell for the loop that sleeps.
///
/// Python only sets a flag, which the loop finds after `poll_interval`, half a second. ("XXX:
/// Consider using another file descriptor […] to wake this up instead of polling", says its
/// source.) The [`Bell`] is that other descriptor.
pub(crate) struct Shutdown {
    state: Mutex<State>,
    stopped: Condvar,
    bell: Bell,
}

#[derive(Default)]
struct State {
    requested: bool,
    serving: Option<ThreadId>,
}

impl Shutdown {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            state: Mutex::default(),
            stopped: Condvar::new(),
            bell: Bell::new()?,
        })
    }

    /// `serve_forever` begins; it ends when what this returns is dropped.
    pub(crate) fn begin(&self) -> io::Result<Serving<'_>> {
        let mut state = self.state();
        if state.serving.is_some() {
            return Err(io::Error::new(
                io::ErrorKind::ResourceBusy,
                "the server serves already, in another thread",
            ));
        }
        state.serving = Some(thread::current().id());
        Ok(Serving(self))
    }

    /// Asks the loop to end and waits until it has. Where no loop runs, the next one ends at once.
    /// A loop that asks itself (from a handler or a hook) must not wait for itself.
    pub(crate) fn request(&self) {
        let mut state = self.state();
        state.requested = true;
        self.bell.ring();
        let me = Some(thread::current().id());
        while state.requested && state.serving.is_some() && state.serving != me {
            state = self
                .stopped
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs while it is locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running `serve_forever`.
pub(crate) struct Serving<'a>(&'a Shutdown);

impl Serving<'_> {
    pub(crate) fn is_shutdown_requested(&self) -> bool {
        self.0.state().requested
    }

    pub(crate) fn bell(&self) -> &Bell {
        &self.0.bell
    }
}

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        *state = State::default();
        self.0.bell.silence();
        self.0.stopped.notify_all();
    }
}

/// Two connected sockets: a byte in one makes the other ready, and ends the wait for it
/// ("self-pipe").
#[cfg(unix)]
pub(crate) struct Bell {
    sender: UnixStream,
    receiver: UnixStream,
}

#[cfg(unix)]
impl Bell {
    fn new() -> io::Result<Self> {
        let (sender, receiver) = UnixStream::pair()?;
        sender.set_nonblocking(true)?;
        receiver.set_nonblocking(true)?;
        Ok(Self { sender, receiver })
    }

    fn ring(&self) {
        // It fails when the buffer is full: then the bell has long been ringing.
        let _ = (&self.sender).write(&[0]);
    }

    fn silence(&self) {
        while matches!((&self.receiver).read(&mut [0; 64]), Ok(1..)) {}
    }

    pub(crate) fn receiver(&self) -> &UnixStream {
        &self.receiver
    }
}

/// Where the loop never sleeps long, no bell is needed.
#[cfg(not(unix))]
pub(crate) struct Bell;

#[cfg(not(unix))]
impl Bell {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    fn ring(&self) {}

    fn silence(&self) {}
}

/// Waits until `socket` is ready, the bell rings, or `limit` is over (`None` waits for ever).
/// `true` when the socket is ready.
#[cfg(unix)]
pub(crate) fn wait(
    socket: &impl Descriptor,
    bell: Option<&Bell>,
    limit: Option<Duration>,
) -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;

    // More than the system can count is for ever, too.
    let limit = limit.and_then(|limit| limit.try_into().ok());
    let mut sources = vec![PollFd::new(socket, PollFlags::IN)];
    if let Some(bell) = bell {
        sources.push(PollFd::new(bell.receiver(), PollFlags::IN));
    }
    match poll(&mut sources, limit.as_ref()) {
        Ok(_) => Ok(!sources[0].revents().is_empty()),
        // A signal came: that is no readiness, and no failure.
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Where there is no `poll` that safe Rust could call, the server tries, and [`rest`]s when there
/// was nothing.
#[cfg(not(unix))]
pub(crate) fn wait(
    _socket: &impl Descriptor,
    _bell: Option<&Bell>,
    _limit: Option<Duration>,
) -> io::Result<bool> {
    Ok(true)
}

/// What a server does when it was told of a request and there was none. On Unix: nothing, `wait`
/// will tell again.
#[cfg(unix)]
pub(crate) fn rest() {}

/// What a server does when it has tried for a request and there was none.
#[cfg(not(unix))]
pub(crate) fn rest() {
    std::thread::sleep(Duration::from_millis(10));
}
