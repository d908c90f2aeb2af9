//! `BaseServer`: the loop that takes requests, and the hooks that it calls.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use common::{console, net};

use crate::handler::{Request, catching_panics};
use crate::socket::ServerSocket;
use crate::state::{ServerState, wait};

/// Python's default for [`serve_forever`](BaseServer::serve_forever): half a second.
pub const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// How long a server waits after a failure that would come again at once.
const BACK_OFF: Duration = Duration::from_millis(50);

/// How long a server waits before it tries again where it is not told that a request has come.
const TRY_AGAIN: Duration = Duration::from_millis(10);

/// What a server takes: a connection or a datagram.
pub type RequestOf<T> = <<T as BaseServer>::Socket as ServerSocket>::Request;

/// Who sent it.
pub type ClientAddressOf<T> = <RequestOf<T> as Request>::Address;

/// A server. The provided methods are Python's, in Python's order: those for the caller, and the
/// hooks, each of which may be overridden.
///
/// One request passes through them like this:
///
/// ```text
/// serve_forever ──┬── get_request ── verify_request ── process_request ──┬── finish_request ── the handler
/// handle_request ─┘        │               │                             ├── handle_error, if that failed
///                          │ no            │ no                          └── shutdown_request ── close_request
///                          └─ wait on      └─ shutdown_request ── close_request
/// ```
///
/// To override a hook, keep a server as a field and implement the trait around it, where Python
/// would derive a class:
///
/// ```
/// use std::net::{SocketAddr, TcpListener, TcpStream};
/// use socketserver_demo::{BaseServer, ServerState, StreamListener, TcpServer};
///
/// struct OnlyFromHere<F>(TcpServer<F>);
///
/// impl<F> BaseServer for OnlyFromHere<F>
/// where
///     TcpServer<F>: BaseServer<Socket = StreamListener<TcpListener>>,
/// {
///     type Socket = StreamListener<TcpListener>;
///
///     fn state(&self) -> &ServerState<Self::Socket> {
///         self.0.state()
///     }
///
///     fn finish_request(&self, request: &mut TcpStream, client: &SocketAddr) -> anyhow::Result<()> {
///         self.0.finish_request(request, client)
///     }
///
///     fn verify_request(&self, _request: &TcpStream, client: &SocketAddr) -> bool {
///         client.ip().is_loopback()
///     }
/// }
/// ```
pub trait BaseServer: Send + Sync + 'static {
    /// The socket that requests come to.
    type Socket: ServerSocket;

    /// Socket, address, options: what Python keeps in the instance.
    fn state(&self) -> &ServerState<Self::Socket>;

    // For the caller.

    /// Where the server listens, with the port that the system chose if it was asked to.
    fn server_address(&self) -> &ClientAddressOf<Self> {
        self.state().server_address()
    }

    /// The socket's file descriptor, for a `poll` of one's own; `None` once the server is closed
    /// (Python: -1).
    #[cfg(unix)]
    fn fileno(&self) -> Option<std::os::fd::RawFd> {
        use std::os::fd::AsRawFd;
        Some(self.state().socket().ok()?.sock_ref().as_raw_fd())
    }

    /// Takes one request after the other until [`shutdown`](Self::shutdown). Calls
    /// [`service_actions`](Self::service_actions) after each, and after `poll_interval` without
    /// any; ignores `timeout`.
    ///
    /// # Errors
    ///
    /// When the server is closed, serves in another thread already, or cannot wait for its socket.
    /// What a client does is never an error here.
    fn serve_forever(&self, poll_interval: Duration) -> io::Result<()> {
        let state = self.state();
        let _serving = state.begin()?;
        loop {
            let socket = state.socket()?;
            let ready = wait(&socket.sock_ref(), Some(state.bell()), Some(poll_interval))?;
            // A request that came together with the shutdown stays in the queue.
            if state.is_shutdown_requested() {
                return Ok(());
            }
            if ready {
                handle_request_noblock(self);
            }
            self.service_actions();
        }
    }

    /// Ends [`serve_forever`](Self::serve_forever) at once, without waiting for `poll_interval`,
    /// and waits until it has ended; a request that is being handled one at a time is handled to
    /// its end.
    ///
    /// Where Python would wait for ever, this does not wait: while `serve_forever` does not run
    /// (the next one ends at once then), and in the very thread in which it runs (a handler or a
    /// hook stops its own server).
    fn shutdown(&self) {
        self.state().shutdown();
    }

    /// Takes one request, or calls [`handle_timeout`](Self::handle_timeout) when none comes for the
    /// `timeout` of the options. An error when the server is closed or cannot wait for its socket.
    fn handle_request(&self) -> io::Result<()> {
        let timeout = self.state().options().timeout;
        // A time beyond the system's calendar is for ever.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let socket = self.state().socket()?;
            if wait(&socket.sock_ref(), None, left)? && handle_request_noblock(self) {
                return Ok(());
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                self.handle_timeout();
                return Ok(());
            }
        }
    }

    /// Closes the server's socket: nobody can connect any more. The threading servers then wait for
    /// their threads.
    fn server_close(&self) {
        self.state().close();
    }

    // The hooks, in the order in which a request meets them.

    /// Called by `serve_forever` after each request, and after `poll_interval` without any. Does
    /// nothing unless overridden.
    fn service_actions(&self) {}

    /// Called by `handle_request` when no request comes in time. Does nothing unless overridden.
    fn handle_timeout(&self) {}

    /// Takes the next request from the socket: `accept`, or `recvfrom`. An error when there is none;
    /// the server goes on.
    fn get_request(&self) -> io::Result<(RequestOf<Self>, ClientAddressOf<Self>)> {
        self.state().socket()?.get_request()
    }

    /// Whether to handle the request: `true` unless overridden. One that is not handled is shut
    /// down.
    fn verify_request(
        &self,
        request: &RequestOf<Self>,
        client_address: &ClientAddressOf<Self>,
    ) -> bool {
        let _ = (request, client_address);
        true
    }

    /// Handles the request and shuts it down, here and now.
    /// [`ThreadingMixIn`](crate::ThreadingMixIn) overrides it, to do the same in a thread.
    fn process_request(&self, mut request: RequestOf<Self>, client_address: ClientAddressOf<Self>) {
        let finished = catching_panics(|| self.finish_request(&mut request, &client_address));
        if let Err(error) = finished {
            self.handle_error(&client_address, &error);
        }
        self.shutdown_request(request);
    }

    /// Makes a handler and runs it; the error is the handler's.
    fn finish_request(
        &self,
        request: &mut RequestOf<Self>,
        client_address: &ClientAddressOf<Self>,
    ) -> Result<()>;

    /// Tells the client that nothing more will come, and closes the request.
    fn shutdown_request(&self, request: RequestOf<Self>) {
        Self::Socket::shutdown_request(&request);
        self.close_request(request);
    }

    /// Closes the request, which is what happens to a connection that is dropped. A datagram has
    /// nothing to close.
    fn close_request(&self, request: RequestOf<Self>) {
        drop(request);
    }

    /// Called when handling a request failed or panicked, or when no thread could be had for it.
    /// Unless overridden this is one line on stderr, and the server goes on.
    fn handle_error(&self, client_address: &ClientAddressOf<Self>, error: &anyhow::Error) {
        console::warn(format_args!("{client_address:?}: {error:#}"));
    }
}

/// Takes and processes one request that is said to be there. `false` when it was not.
fn handle_request_noblock(server: &(impl BaseServer + ?Sized)) -> bool {
    let (request, client_address) = match server.get_request() {
        Ok(taken) => taken,
        Err(error) => {
            if !is_passing(&error) {
                console::warn(format_args!("cannot take a request: {error}"));
                thread::sleep(BACK_OFF);
            } else if cfg!(not(unix)) {
                thread::sleep(TRY_AGAIN);
            }
            return false;
        }
    };
    if server.verify_request(&request, &client_address) {
        server.process_request(request, client_address);
    } else {
        server.shutdown_request(request);
    }
    true
}

/// The client has left again, or the datagram was broken: that says nothing about the server's
/// socket.
fn is_passing(error: &io::Error) -> bool {
    net::is_gone(error) || net::is_passing(error) || net::is_timeout(error)
}
