//! The hooks are called, in their order.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use anyhow::Result;

use super::scaffold::{
    ANY_PORT, EchoLine, NEVER, bounded, connect, examine_stream, handle_one, serve, serve_polling,
    watched,
};
use crate::{BaseRequestHandler, BaseServer, ServerOptions, TcpServer, ThreadingMixIn};

const ONE_REQUEST: [&str; 5] = [
    "get_request",
    "verify_request",
    "finish_request",
    "shutdown_request",
    "close_request",
];

#[test]
fn one_request_meets_the_hooks_in_order() {
    let (server, events) = watched(TcpServer::new(ANY_PORT, || EchoLine).unwrap());
    let mut client = connect(server.server_address());
    client.write_all(b"hello\n").unwrap();
    handle_one(server);
    assert_eq!(events.all(), ONE_REQUEST);
}

#[test]
fn the_mix_in_passes_every_hook_on() {
    let (server, events) = watched(TcpServer::new(ANY_PORT, || EchoLine).unwrap());
    let server = ThreadingMixIn::mixed_into(server);
    let mut client = connect(server.server_address());
    client.write_all(b"hello\n").unwrap();
    let server = handle_one(server);
    bounded(move || {
        server.server_close(); // waits for the thread
        server.service_actions();
        server.handle_timeout();
    });
    assert_eq!(
        events.all(),
        [&ONE_REQUEST[..], &["service_actions", "handle_timeout"]].concat()
    );
}

#[test]
fn get_request_does_not_wait_for_a_client_who_has_left() {
    let server = TcpServer::new(ANY_PORT, || EchoLine).unwrap();
    let error = bounded(move || server.get_request().map(drop)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
}

/// Keeps a second descriptor of the connection.
struct Keep(Sender<TcpStream>);

impl BaseRequestHandler for Keep {
    fn handle(&mut self, request: &mut TcpStream, _client: &SocketAddr) -> Result<()> {
        Ok(self.0.send(request.try_clone()?)?)
    }
}

#[test]
fn shutdown_request_ends_a_connection_that_somebody_else_has_open() {
    let (sender, kept) = channel();
    let server = TcpServer::new(ANY_PORT, move || Keep(sender.clone())).unwrap();
    let mut client = connect(server.server_address());
    handle_one(server);
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    drop(kept);
}

#[test]
fn a_request_that_is_not_verified_is_shut_down() {
    let (mut server, events) = watched(TcpServer::new(ANY_PORT, || EchoLine).unwrap());
    server.verified = false;
    let mut client = connect(server.server_address());
    handle_one(server);
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    assert_eq!(
        events.all(),
        [
            "get_request",
            "verify_request",
            "shutdown_request",
            "close_request"
        ]
    );
}

#[test]
fn service_actions_are_called_after_each_request() {
    let (server, events) = watched(TcpServer::new(ANY_PORT, || EchoLine).unwrap());
    let running = serve_polling(server, NEVER);
    for _ in 0..2 {
        examine_stream(connect(running.server.server_address()));
        events.wait_for("close_request");
        assert_eq!(events.next(), "service_actions");
    }
    running.close();
}

#[test]
fn service_actions_are_called_when_nothing_happens_for_the_poll_interval() {
    let (server, events) = watched(TcpServer::new(ANY_PORT, || EchoLine).unwrap());
    let running = serve_polling(server, Duration::from_millis(1));
    for _ in 0..3 {
        assert_eq!(events.next(), "service_actions");
    }
    running.close();
}

#[test]
fn handle_request_calls_handle_timeout_when_nobody_comes() {
    let options = ServerOptions {
        timeout: Some(Duration::from_millis(1)),
        ..ServerOptions::for_streams()
    };
    let server = TcpServer::with_options(ANY_PORT, options, || EchoLine).unwrap();
    let (server, events) = watched(server);
    handle_one(server);
    assert_eq!(events.all(), ["handle_timeout"]);
}

#[test]
fn handle_request_handles_one_request_within_its_timeout() {
    let options = ServerOptions {
        timeout: Some(Duration::MAX),
        ..ServerOptions::for_streams()
    };
    let server = TcpServer::with_options(ANY_PORT, options, || EchoLine).unwrap();
    let (server, events) = watched(server);
    let mut clients = [(); 2].map(|()| connect(server.server_address()));
    for client in &mut clients {
        client.write_all(b"hello\n").unwrap();
    }
    handle_one(server);
    assert_eq!(events.all(), ONE_REQUEST);
}

#[test]
fn serve_forever_ignores_the_timeout() {
    let options = ServerOptions {
        timeout: Some(Duration::ZERO),
        ..ServerOptions::for_streams()
    };
    let server = TcpServer::with_options(ANY_PORT, options, || EchoLine).unwrap();
    let (server, events) = watched(server);
    let running = serve(server);
    examine_stream(connect(running.server.server_address()));
    events.wait_for("service_actions");
    running.close();
    assert!(!events.all().contains(&"handle_timeout".to_owned()));
}
