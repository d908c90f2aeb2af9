//! `ThreadingMixIn`: a thread for each request.

use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Error, Result};
use common::net::{Counted, Running};

use crate::base_server::{BaseServer, ClientAddressOf, RequestOf};
use crate::socket::{AddressOf, ServerAddress, ServerSocket};
use crate::socket_server::{SocketServer, TcpServer, UdpServer};
#[cfg(unix)]
use crate::socket_server::{UnixDatagramServer, UnixStreamServer};
use crate::state::{ServerOptions, ServerState};

/// The stack of a handler's thread, in bytes of address space.
///
/// Memory is taken only for the pages that are used: 10,000 threads at rest were measured to hold
/// 10 KB each (and 16 KB in the kernel), with stacks of 64 KB as with stacks of 2 MB, which is
/// Rust's default. The address space is another matter: with 2 MB each they reserve 20 GB, more
/// than a limit on it (`ulimit -v`, a strict overcommit policy) grants. 512 KB leave room for a
/// handler with buffers of its own, for the printing of a panic, and for a hostile peer's JSON: at a
/// depth of 128 serde_json was seen to need more than 256 KB in a debug build (`common::json` stops
/// at 100), and a stack that overflows ends the whole process.
const STACK_SIZE: usize = 512 * 1024;

/// How many threads may run at a time, unless told otherwise.
///
/// On Linux a process may have 65,530 mappings of memory, and each thread needs four: two stacks,
/// each with a guard. Beyond 16,000 threads the mapping fails while a thread starts, where nobody
/// can refuse the client any more: the process ends.
const MAX_THREADS: usize = 15_000;

/// Gives each request of a server a thread of its own, so that a slow client keeps nobody waiting.
///
/// In Python this is a class to derive from, first, so that its `process_request` hides that of the
/// server. Here it wraps the server and does the same: it passes every hook on, but for
/// `process_request` (the server's own runs in a new thread) and `server_close` (which then waits
/// for the threads).
///
/// Dropping it closes it, as leaving a `with` block does in Python.
pub struct ThreadingMixIn<S: BaseServer> {
    server: Arc<S>,
    running: Arc<Running>,
    /// Whether `server_close` leaves the threads alone: `false`.
    ///
    /// In Python it also decides whether a thread keeps the process alive after the end of the main
    /// thread. In Rust no thread does, so that this is the opposite of `block_on_close`; both are
    /// here because both are there.
    pub daemon_threads: bool,
    /// Whether `server_close` waits until all threads have ended: `true`.
    pub block_on_close: bool,
    /// How many requests may be handled at a time: 15,000. One more is refused with a warning.
    /// (Python limits only its forking servers, by `max_children`.)
    pub max_threads: usize,
}

/// Serves TCP connections, each in a thread of its own.
pub type ThreadingTcpServer<F> = ThreadingMixIn<TcpServer<F>>;

/// Serves UDP datagrams, each in a thread of its own.
pub type ThreadingUdpServer<F> = ThreadingMixIn<UdpServer<F>>;

/// Serves connections to a Unix socket, each in a thread of its own.
#[cfg(unix)]
pub type ThreadingUnixStreamServer<F> = ThreadingMixIn<UnixStreamServer<F>>;

/// Serves datagrams to a Unix socket, each in a thread of its own.
#[cfg(unix)]
pub type ThreadingUnixDatagramServer<F> = ThreadingMixIn<UnixDatagramServer<F>>;

impl<S: ServerSocket, F> ThreadingMixIn<SocketServer<S, F>>
where
    SocketServer<S, F>: BaseServer,
{
    /// Binds and activates a server: see [`SocketServer::new`].
    pub fn new(
        address: impl ServerAddress<AddressOf<S>>,
        request_handler_class: F,
    ) -> Result<Self> {
        SocketServer::new(address, request_handler_class).map(Self::mixed_into)
    }

    /// Binds and activates a server: see [`SocketServer::with_options`].
    pub fn with_options(
        address: impl ServerAddress<AddressOf<S>>,
        options: ServerOptions,
        request_handler_class: F,
    ) -> Result<Self> {
        SocketServer::with_options(address, options, request_handler_class).map(Self::mixed_into)
    }
}

impl<S: BaseServer> ThreadingMixIn<S> {
    /// Gives the requests of `server` threads. For servers with hooks of their own; the others have
    /// [`new`](Self::new).
    pub fn mixed_into(server: S) -> Self {
        Self {
            server: Arc::new(server),
            running: Arc::default(),
            daemon_threads: false,
            block_on_close: true,
            max_threads: MAX_THREADS,
        }
    }

    /// How many requests are being handled now.
    #[must_use]
    pub fn active_threads(&self) -> usize {
        self.running.count()
    }

    fn start(&self, work: impl FnOnce() + Send + 'static) -> Result<()> {
        let most = self.max_threads;
        let counted = Counted::among(Arc::clone(&self.running), most)
            .with_context(|| format!("{most} are running"))?;
        let thread = thread::Builder::new().stack_size(STACK_SIZE);
        thread.spawn(move || {
            work();
            drop(counted);
        })?;
        Ok(())
    }
}

/// The server within, for what it has besides the hooks.
impl<S: BaseServer> Deref for ThreadingMixIn<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.server
    }
}

impl<S: BaseServer> BaseServer for ThreadingMixIn<S> {
    type Socket = S::Socket;

    fn process_request(&self, request: RequestOf<S>, client_address: ClientAddressOf<S>) {
        let server = Arc::clone(&self.server);
        let client = client_address.clone();
        let started = self.start(move || server.process_request(request, client_address));
        // Without a thread the closure is dropped, and the request with it: that closes the
        // connection.
        if let Err(error) = started.context("refused, no thread can be started") {
            self.handle_error(&client, &error);
        }
    }

    fn server_close(&self) {
        self.server.server_close();
        if self.block_on_close && !self.daemon_threads {
            self.running.join();
        }
    }

    fn state(&self) -> &ServerState<S::Socket> {
        self.server.state()
    }

    fn service_actions(&self) {
        self.server.service_actions();
    }

    fn handle_timeout(&self) {
        self.server.handle_timeout();
    }

    fn get_request(&self) -> io::Result<(RequestOf<S>, ClientAddressOf<S>)> {
        self.server.get_request()
    }

    fn verify_request(&self, request: &RequestOf<S>, client_address: &ClientAddressOf<S>) -> bool {
        self.server.verify_request(request, client_address)
    }

    fn finish_request(
        &self,
        request: &mut RequestOf<S>,
        client_address: &ClientAddressOf<S>,
    ) -> Result<()> {
        self.server.finish_request(request, client_address)
    }

    fn shutdown_request(&self, request: RequestOf<S>) {
        self.server.shutdown_request(request);
    }

    fn close_request(&self, request: RequestOf<S>) {
        self.server.close_request(request);
    }

    fn handle_error(&self, client_address: &ClientAddressOf<S>, error: &Error) {
        self.server.handle_error(client_address, error);
    }
}

impl<S: BaseServer> Drop for ThreadingMixIn<S> {
    fn drop(&mut self) {
        // A panic should not have to wait for clients who may stay for ever.
        if !thread::panicking() {
            self.server_close();
        }
    }
}
