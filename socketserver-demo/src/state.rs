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
use socket2::Socket;

use crate::socket::{AddressOf, ServerSocket};

/// How many connections wait by default until they are accepted, where Python has 5: as many as
/// Linux allows (`/proc/sys/net/core/somaxconn`).
pub const REQUEST_QUEUE_SIZE: i32 = 4096;

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
    /// How many connections may wait until the server accepts them: the backlog of `listen`. The
    /// default is [`REQUEST_QUEUE_SIZE`]; datagram servers have no use for it.
    ///
    /// Python's 5 is too few for a crowd: a client that finds the queue full is not told, and tries
    /// again after a second, then two, then four.
    pub request_queue_size: i32,

    /// Sets SO_REUSEADDR.
    ///
    /// Stream servers: yes, so that a restarted server gets its port at once. (Python says no, and
    /// the restart fails for a minute.) Datagram servers: no, as in Python. They have nothing to
    /// wait for, and with it a second server could take the datagrams of the first.
    pub allow_reuse_address: bool,

    /// Sets SO_REUSEPORT, where there is such a thing: several servers share one port and the
    /// system distributes the clients. Unix sockets have no use for it.
    pub allow_reuse_port: bool,

    /// The longest datagram in bytes; the rest of a longer one is lost. By default every UDP
    /// datagram is whole (Python's: 8192 bytes). Stream servers have no use for it.
    pub max_packet_size: usize,

    /// How long [`handle_request`](crate::BaseServer::handle_request) waits; `None` waits for ever.
    /// Nothing else heeds it.
    pub timeout: Option<Duration>,
}

impl ServerOptions {
    /// The defaults of stream servers.
    #[must_use]
    pub fn for_streams() -> Self {
        Self {
            request_queue_size: REQUEST_QUEUE_SIZE,
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

/// What Python keeps in the instance: the socket, its address, the options, and how
/// [`shutdown`](crate::BaseServer::shutdown) reaches a `serve_forever` that waits in another thread.
pub struct ServerState<S: ServerSocket> {
    socket: Mutex<Option<Arc<S>>>,
    server_address: AddressOf<S>,
    options: ServerOptions,
    serving: Mutex<Serving>,
    stopped: Condvar,
    bell: Bell,
}

#[derive(Default)]
struct Serving {
    in_thread: Option<ThreadId>,
    shutdown_requested: bool,
}

impl<S: ServerSocket> ServerState<S> {
    /// `server_bind`, then `server_activate`: `TCPServer.__init__`. When one of them fails, the
    /// socket is closed.
    pub fn new(address: &AddressOf<S>, options: ServerOptions) -> Result<Self> {
        let socket = S::server_bind(address, &options)?;
        socket.server_activate(&options)?;
        Ok(Self {
            server_address: socket.server_address()?,
            socket: Mutex::new(Some(Arc::new(socket))),
            options,
            serving: Mutex::default(),
            stopped: Condvar::new(),
            bell: Bell::new()?,
        })
    }

    /// The server's socket. An error once the server is closed.
    pub fn socket(&self) -> io::Result<Arc<S>> {
        lock(&self.socket)
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

    pub(crate) fn close(&self) {
        *lock(&self.socket) = None;
    }

    /// `serve_forever` begins; it ends when what this returns is dropped.
    pub(crate) fn begin(&self) -> io::Result<EndOnDrop<'_, S>> {
        let mut serving = lock(&self.serving);
        if serving.in_thread.is_some() {
            return Err(io::Error::new(
                io::ErrorKind::ResourceBusy,
                "the server serves already, in another thread",
            ));
        }
        serving.in_thread = Some(thread::current().id());
        Ok(EndOnDrop(self))
    }

    pub(crate) fn is_shutdown_requested(&self) -> bool {
        lock(&self.serving).shutdown_requested
    }

    /// Asks the loop to end and waits until it has. Where no loop runs, the next one ends at once.
    /// A loop that asks itself (from a handler or a hook) must not wait for itself.
    pub(crate) fn shutdown(&self) {
        let me = Some(thread::current().id());
        let mut serving = lock(&self.serving);
        serving.shutdown_requested = true;
        self.bell.ring();
        while serving.shutdown_requested && serving.in_thread.is_some() && serving.in_thread != me {
            let ended = self.stopped.wait(serving);
            serving = ended.unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(crate) fn bell(&self) -> &Bell {
        &self.bell
    }
}

/// A running `serve_forever`, which may end by an error or a panic too.
pub(crate) struct EndOnDrop<'a, S: ServerSocket>(&'a ServerState<S>);

impl<S: ServerSocket> Drop for EndOnDrop<'_, S> {
    fn drop(&mut self) {
        let mut serving = lock(&self.0.serving);
        *serving = Serving::default();
        // Still locked: the ring of the next shutdown must not be silenced.
        self.0.bell.silence();
        self.0.stopped.notify_all();
    }
}

/// Locks although another thread may have panicked meanwhile: what is locked in this library is
/// changed in one step, or is overwritten by the next who locks it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Wakes a loop that waits for its socket: two connected sockets, of which a byte in one makes the
/// other ready ("self-pipe").
///
/// Python only sets a flag, which the loop finds after `poll_interval`, half a second. ("XXX:
/// Consider using another file descriptor […] to wake this up instead of polling", says its
/// source.) This is that other descriptor.
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
}

/// Waits until `socket` has something to receive, the bell rings, or `limit` is over (`None` waits
/// for ever): Python's `selectors`. `true` when the socket is ready.
#[cfg(unix)]
pub(crate) fn wait(
    socket: &Socket,
    bell: Option<&Bell>,
    limit: Option<Duration>,
) -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;

    // More than the system can count is for ever, too.
    let limit = limit.and_then(|limit| limit.try_into().ok());
    let mut sources = vec![PollFd::new(socket, PollFlags::IN)];
    if let Some(bell) = bell {
        sources.push(PollFd::new(&bell.receiver, PollFlags::IN));
    }
    match poll(&mut sources, limit.as_ref()) {
        Ok(_) => Ok(!sources[0].revents().is_empty()),
        // A signal came: that is no readiness, and no failure.
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Where there is no `poll` that safe Rust could call, the loop tries every few milliseconds, and
/// needs no bell.
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

#[cfg(not(unix))]
pub(crate) fn wait(_: &Socket, _: Option<&Bell>, _: Option<Duration>) -> io::Result<bool> {
    Ok(true)
}
