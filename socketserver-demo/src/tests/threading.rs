//! A thread for each request.

use std::collections::HashSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Barrier};
use std::thread::{self, ThreadId};
use std::time::Duration;

use anyhow::Result;

use super::scaffold::{
    ANY_PORT, EchoLine, LIMIT, bounded, connect, examine_stream, handle_one, serve, udp_client,
    watched,
};
use crate::{
    BaseRequestHandler, BaseServer, Datagram, TcpServer, ThreadingMixIn, ThreadingTcpServer,
    ThreadingUdpServer,
};

#[test]
fn a_slow_client_keeps_nobody_waiting_in_a_threading_server() {
    let running = serve(ThreadingTcpServer::new(ANY_PORT, || EchoLine).unwrap());
    let slow = connect(running.server.server_address());
    examine_stream(connect(running.server.server_address()));
    examine_stream(slow);
    running.close();
}

#[test]
fn a_slow_client_keeps_the_next_waiting_where_one_is_served_at_a_time() {
    let running = serve(TcpServer::new(ANY_PORT, || EchoLine).unwrap());
    let slow = connect(running.server.server_address());
    let mut next = connect(running.server.server_address());
    next.write_all(b"hello world\n").unwrap();
    next.set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    let waiting = next.read(&mut [0; 100]).unwrap_err();
    assert!(matches!(
        waiting.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut
    ));
    examine_stream(slow);
    next.set_read_timeout(Some(LIMIT)).unwrap();
    assert_eq!(next.read(&mut [0; 100]).unwrap(), b"hello world\n".len());
    running.close();
}

/// Waits until all datagrams of the test are being handled, and tells its thread.
struct Meet(Arc<Barrier>, Sender<ThreadId>);

impl BaseRequestHandler<Datagram> for Meet {
    fn handle(&mut self, _request: &mut Datagram, _client: &SocketAddr) -> Result<()> {
        self.0.wait();
        Ok(self.1.send(thread::current().id())?)
    }
}

#[test]
fn each_datagram_has_a_thread() {
    let (barrier, (sender, threads)) = (Arc::new(Barrier::new(5)), channel());
    let make = move || Meet(Arc::clone(&barrier), sender.clone());
    let running = serve(ThreadingUdpServer::new(ANY_PORT, make).unwrap());
    let client = udp_client();
    for _ in 0..5 {
        client
            .send_to(b"hello", running.server.server_address())
            .unwrap();
    }
    let seen: HashSet<_> = (0..5)
        .map(|_| threads.recv_timeout(LIMIT).unwrap())
        .collect();
    assert_eq!(seen.len(), 5);
    running.close();
}

#[test]
fn threads_that_have_ended_are_not_kept() {
    let running = serve(ThreadingTcpServer::new(ANY_PORT, || EchoLine).unwrap());
    for _ in 0..10 {
        examine_stream(connect(running.server.server_address()));
    }
    let server = running.stop();
    bounded(move || {
        while server.active_threads() > 0 {
            thread::yield_now();
        }
    });
}

/// A server with one client who has not finished, and that client.
fn busy() -> (
    ThreadingTcpServer<impl Fn() -> EchoLine + Send + Sync + 'static>,
    TcpStream,
) {
    let server = ThreadingTcpServer::new(ANY_PORT, || EchoLine).unwrap();
    let client = connect(server.server_address());
    let server = handle_one(server);
    assert_eq!(server.active_threads(), 1);
    (server, client)
}

#[test]
fn server_close_waits_for_the_threads() {
    let (server, client) = busy();
    let (sender, closed) = channel();
    let closing = thread::spawn(move || {
        server.server_close();
        sender.send(server.active_threads()).unwrap();
    });
    assert!(closed.recv_timeout(Duration::from_millis(50)).is_err());
    examine_stream(client);
    assert_eq!(closed.recv_timeout(LIMIT).unwrap(), 0);
    closing.join().unwrap();
}

#[test]
fn a_threading_server_closes_at_the_end_of_its_scope() {
    let (server, client) = busy();
    let (sender, closed) = channel();
    let closing = thread::spawn(move || {
        drop(server);
        sender.send(()).unwrap();
    });
    assert!(closed.recv_timeout(Duration::from_millis(50)).is_err());
    examine_stream(client);
    closed.recv_timeout(LIMIT).unwrap();
    closing.join().unwrap();
}

#[test]
fn server_close_refuses_clients_while_it_waits_for_the_threads() {
    let (server, client) = busy();
    let address = *server.server_address();
    let closing = thread::spawn(move || server.server_close());
    bounded(move || while TcpStream::connect(address).is_ok() {});
    examine_stream(client);
    bounded(move || closing.join()).unwrap();
}

#[test]
fn server_close_leaves_daemon_threads_alone() {
    let (mut server, client) = busy();
    server.daemon_threads = true;
    bounded(move || server.server_close());
    examine_stream(client);
}

#[test]
fn server_close_waits_for_nobody_without_block_on_close() {
    let (mut server, client) = busy();
    server.block_on_close = false;
    bounded(move || server.server_close());
    examine_stream(client);
}

#[test]
fn a_client_beyond_max_threads_is_refused_and_the_server_goes_on() {
    let (server, events) = watched(TcpServer::new(ANY_PORT, || EchoLine).unwrap());
    let mut server = ThreadingMixIn::mixed_into(server);
    server.max_threads = 1;
    let running = serve(server);
    let first = connect(running.server.server_address());
    events.wait_for("finish_request");
    let mut refused = connect(running.server.server_address());
    assert_eq!(refused.read(&mut [0]).unwrap(), 0);
    assert_eq!(
        events.wait_for("handle_error"),
        "handle_error: refused, no thread can be started: 1 are running"
    );
    examine_stream(first);
    let server = Arc::clone(&running.server);
    bounded(move || {
        while server.active_threads() > 0 {
            thread::yield_now();
        }
    });
    examine_stream(connect(running.server.server_address()));
    running.close();
}

#[test]
fn a_panic_is_printed_within_the_stack_of_a_thread() {
    struct Deep;

    impl BaseRequestHandler for Deep {
        fn handle(&mut self, _request: &mut TcpStream, _client: &SocketAddr) -> Result<()> {
            // The text of the trace, which the panic prints too, when it is told to.
            let trace = std::backtrace::Backtrace::force_capture().to_string();
            panic!("{} bytes of trace", trace.len());
        }
    }

    let (server, events) = watched(TcpServer::new(ANY_PORT, || Deep).unwrap());
    let running = serve(ThreadingMixIn::mixed_into(server));
    let _client = connect(running.server.server_address());
    let error = events.wait_for("handle_error");
    assert!(error.ends_with("bytes of trace"), "{error}");
    running.close();
}
