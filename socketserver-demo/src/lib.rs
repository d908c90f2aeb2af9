//! Python's `socketserver` in Rust: servers of a few lines, put together from four choices.
//!
//! A program that serves has to make a socket, bind it, listen, accept, perhaps start a thread,
//! handle, close; and has to go on when a client misbehaves. All of it is the same in every server
//! but for what is done with a request. `socketserver` writes the rest once. This crate has the
//! same parts under the same names, so that it can be read beside CPython's `Lib/socketserver.py`,
//! and the lessons' three servers are built on it.
//!
//! ```no_run
//! use std::io::{Read, Write};
//! use std::net::{SocketAddr, TcpStream};
//! use socketserver_demo::{BaseRequestHandler, BaseServer, POLL_INTERVAL, ThreadingTcpServer};
//!
//! struct Echo;
//!
//! impl BaseRequestHandler for Echo {
//!     fn handle(&mut self, request: &mut TcpStream, _client: &SocketAddr) -> anyhow::Result<()> {
//!         let mut buffer = [0; 1024];
//!         loop {
//!             match request.read(&mut buffer)? {
//!                 0 => return Ok(()), // the client has closed
//!                 size => request.write_all(&buffer[..size].to_ascii_uppercase())?,
//!             }
//!         }
//!     }
//! }
//!
//! let server = ThreadingTcpServer::new("127.0.0.1:8081", || Echo)?;
//! server.serve_forever(POLL_INTERVAL)?;
//! # Ok::<(), anyhow::Error>(())
//! ```
//!
//! # The four choices
//!
//! 1. **What is done with a request**: a handler. [`BaseRequestHandler`] has three steps, `setup`,
//!    `handle`, `finish`, of which one usually writes the middle one. [`StreamRequestHandler`]
//!    makes two files of a connection, [`DatagramRequestHandler`] of a datagram and its answer.
//! 2. **What a request is**, and with it the socket: a connection ([`StreamListener`]) or a
//!    datagram ([`DatagramReceiver`]), over IP or a Unix socket. That makes four servers,
//!    [`TcpServer`], [`UdpServer`], [`UnixStreamServer`], [`UnixDatagramServer`], which are one
//!    type, [`SocketServer`], with four sockets.
//! 3. **One request after the other, or a thread for each**: [`ThreadingMixIn`] around any of them,
//!    as in [`ThreadingTcpServer`].
//! 4. **What else should happen**: [`BaseServer`] is the loop and its hooks, such as
//!    [`verify_request`](BaseServer::verify_request), each of which can be overridden.
//!
//! The sources follow: `handler.rs`, `socket.rs` with `socket_server.rs`, `threading.rs`,
//! `base_server.rs`. `state.rs` is what every server has: its options, and how it waits and stops.
//!
//! ```text
//!                 Python: inheritance                              Rust: a type parameter
//!
//!  BaseServer                                        BaseServer (trait)
//!      │                                                 │
//!  TCPServer ───── UnixStreamServer                  SocketServer<StreamListener<TcpListener>, F>
//!      │                                             SocketServer<StreamListener<UnixListener>, F>
//!  UDPServer ───── UnixDatagramServer                SocketServer<DatagramReceiver<UdpSocket>, F>
//!                                                    SocketServer<DatagramReceiver<UnixDatagram>, F>
//!
//!  class ThreadingTCPServer(ThreadingMixIn,          type ThreadingTcpServer<F> =
//!                           TCPServer): pass             ThreadingMixIn<TcpServer<F>>;
//! ```
//!
//! # How Python's means become Rust's
//!
//! - *A class attribute that a subclass changes* is an associated constant of the handler's trait,
//!   or a field of [`ServerOptions`].
//! - *A method that a subclass overrides* is a provided method of a trait.
//! - *A mix-in class* is a type around another one, which passes on all hooks but its own.
//! - *The handler's class*, called for each request, is a closure that makes a handler. What
//!   handlers share is captured by it: Python's `self.server`.
//! - *An exception in a handler* is an error that it returns; a panic is caught and treated as one.
//!   Both go to [`handle_error`](BaseServer::handle_error), and the server goes on.
//! - *Closing* is dropping. What a `with` block does on leaving, the end of a scope does.
//!
//! # Python ↔ Rust
//!
//! | Python | Rust | differs |
//! |---|---|---|
//! | `BaseServer`, `TCPServer`, `UDPServer` | [`BaseServer`], [`TcpServer`], [`UdpServer`] | |
//! | `UnixStreamServer`, `UnixDatagramServer` | [`UnixStreamServer`], [`UnixDatagramServer`] | |
//! | `ThreadingMixIn` | [`ThreadingMixIn`] | a type around the server |
//! | `ThreadingTCPServer`, `ThreadingUDPServer` | [`ThreadingTcpServer`], [`ThreadingUdpServer`] | |
//! | `ThreadingUnixStreamServer`, `ThreadingUnixDatagramServer` | [`ThreadingUnixStreamServer`], [`ThreadingUnixDatagramServer`] | |
//! | `BaseRequestHandler` | [`BaseRequestHandler`] | |
//! | `BaseRequestHandler.__init__` | [`run`](BaseRequestHandler::run) | |
//! | `setup`, `handle`, `finish` | [`setup`](BaseRequestHandler::setup), [`handle`](BaseRequestHandler::handle), [`finish`](BaseRequestHandler::finish) | if both `handle` and `finish` fail, the error of `handle` is reported: it is the cause |
//! | `self.request`, `self.client_address` | the methods' arguments | |
//! | `self.server` | what the closure captures | |
//! | `StreamRequestHandler` | [`StreamRequestHandler`] | |
//! | `rfile`, `wfile`, `connection` | [`StreamFiles`] | |
//! | `rbufsize` (-1), `wbufsize` (0) | [`RBUFSIZE`](StreamRequestHandler::RBUFSIZE) (8192), [`WBUFSIZE`](StreamRequestHandler::WBUFSIZE) (0) | |
//! | `timeout` of a handler | [`TIMEOUT`](StreamRequestHandler::TIMEOUT) | |
//! | `disable_nagle_algorithm` | [`DISABLE_NAGLE_ALGORITHM`](StreamRequestHandler::DISABLE_NAGLE_ALGORITHM) | |
//! | `_SocketWriter` | [`Sender`] | |
//! | `DatagramRequestHandler`: `packet`, `socket`, `rfile`, `wfile` | [`DatagramRequestHandler`], [`DatagramFiles`] | |
//! | `(data, socket)` | [`Datagram`] | |
//! | `RequestHandlerClass` | the closure given to [`SocketServer::new`] | |
//! | `server_address`, `socket`, `fileno` | [`server_address`](BaseServer::server_address), [`ServerState::socket`], `fileno` | once closed `None` instead of -1 |
//! | `serve_forever` | [`serve_forever`](BaseServer::serve_forever), [`POLL_INTERVAL`] | ends when it is told to, not up to half a second later |
//! | `shutdown` | [`shutdown`](BaseServer::shutdown) | never waits for ever |
//! | `handle_request`, `timeout` of a server | [`handle_request`](BaseServer::handle_request), [`ServerOptions::timeout`] | |
//! | `_handle_request_noblock` | the same, in `base_server.rs` | an error of `get_request` that would come again at once is a warning and a short pause; Python's loop spins |
//! | `handle_timeout`, `service_actions` | [`handle_timeout`](BaseServer::handle_timeout), [`service_actions`](BaseServer::service_actions) | |
//! | `get_request`, `verify_request` | [`get_request`](BaseServer::get_request), [`verify_request`](BaseServer::verify_request) | |
//! | `process_request`, `process_request_thread` | [`process_request`](BaseServer::process_request) | the thread of `ThreadingMixIn` runs the server's own `process_request` |
//! | `finish_request` | [`finish_request`](BaseServer::finish_request) | |
//! | `shutdown_request`, `close_request` | [`shutdown_request`](BaseServer::shutdown_request), [`close_request`](BaseServer::close_request) | |
//! | `handle_error` | [`handle_error`](BaseServer::handle_error) | gets the error, not the request, which may be closed; one line instead of a stack trace |
//! | `server_bind`, `server_activate` | [`ServerSocket::server_bind`], [`ServerSocket::server_activate`] | |
//! | `server_close`, `with` | [`server_close`](BaseServer::server_close), the end of a scope | |
//! | `request_queue_size` (5) | [`ServerOptions::request_queue_size`] (4096) | Python's is too small for a crowd |
//! | `allow_reuse_address` (`False`) | [`ServerOptions::allow_reuse_address`] (`true` for streams) | |
//! | `allow_reuse_port` (`False`, 3.11) | [`ServerOptions::allow_reuse_port`] (`false`) | |
//! | `max_packet_size` (8192) | [`ServerOptions::max_packet_size`] (65,535) | every UDP datagram arrives whole |
//! | `address_family`, `socket_type` | the type parameter of [`SocketServer`] | |
//! | `daemon_threads`, `block_on_close` | [`ThreadingMixIn::daemon_threads`], [`ThreadingMixIn::block_on_close`] | |
//! | `_threads`, `_Threads`, `_NoThreads` | [`ThreadingMixIn::active_threads`] | counted instead of listed |
//! | `max_children` of the forking servers | [`ThreadingMixIn::max_threads`] | |
//!
//! Left out:
//!
//! - `ForkingMixIn` and the four forking servers. After `fork` a process with several threads may
//!   only call what is safe in a signal handler until it calls `exec`; that nobody holds a lock
//!   then is a promise that the compiler cannot check, so `fork` is `unsafe` in Rust, and this
//!   workspace forbids `unsafe`. What forking gives to Python, the use of several processors
//!   despite the interpreter's lock, threads give to Rust.
//! - `bind_and_activate=False`, which lets a program change attributes before it binds:
//!   [`SocketServer::with_options`] does that.
//! - `SystemExit` and `KeyboardInterrupt`, which pass through Python's servers: nothing in Rust
//!   ends a program by unwinding.
//! - The time limit of the listening socket itself, which `handle_request` heeds beside `timeout`:
//!   two names for one thing.
//!
//! # What it is careful about
//!
//! - **Descriptors that run out.** `accept` fails at once while the client waits in the queue, and
//!   a loop would spin. One descriptor is kept in reserve to accept and close such a client, with a
//!   warning ([`common::net::Reserve`]).
//! - **Threads that cannot be started**, or too many: that client is refused with a warning
//!   ([`ThreadingMixIn::max_threads`]).
//! - **Crowds.** 10,000 connections, each in its thread, take about 15 KiB each (measured on Linux
//!   with `cargo lab bench crowd`), and 16 KiB in the kernel for the thread's other stack. Threads
//!   that have ended leave nothing behind.
//! - **Waiting.** The loop waits with `poll` for its socket and for `shutdown`: two system calls
//!   for a connection or a datagram instead of one, and none for what is then said over a
//!   connection. (For a datagram this was measured as 0.4 µs of the 13 that its exchange takes,
//!   thread and all.) Where there is no `poll`, the loop tries every 10 ms.
//! - **Clients who vanish.** Connections inherit SO_KEEPALIVE: one whose machine was switched off
//!   ends, after some minutes.

mod base_server;
pub mod frame;
mod handler;
mod socket;
mod socket_server;
mod state;
#[cfg(test)]
mod tests;
mod threading;

pub use base_server::{BaseServer, ClientAddressOf, POLL_INTERVAL, RequestOf};
pub use handler::{
    BaseRequestHandler, DatagramFiles, DatagramRequestHandler, Receiver, Request, Sender,
    StreamFiles, StreamRequestHandler,
};
pub use socket::{
    AddressOf, Datagram, DatagramReceiver, DatagramSocket, Descriptor, ListeningSocket,
    ServerAddress, ServerSocket, StreamListener, StreamSocket,
};
pub use socket_server::{SocketServer, TcpServer, UdpServer};
#[cfg(unix)]
pub use socket_server::{UnixDatagramServer, UnixStreamServer};
pub use state::{REQUEST_QUEUE_SIZE, ServerOptions, ServerState};
pub use threading::{ThreadingMixIn, ThreadingTcpServer, ThreadingUdpServer};
#[cfg(unix)]
pub use threading::{ThreadingUnixDatagramServer, ThreadingUnixStreamServer};
