//! The hooks are called, in their order.

use std::io::{Read, Write};
use std::time::Duration;

use super::scaffold::{
    ANY_PORT, EchoLine, NEVER, connect, examine_stream, serve, serve_polling, watched,
};
use crate::{BaseServer, ServerOptions, TcpServer, ThreadingMixIn};

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
    server.handle_request().unwrap();
    assert_eq!(events.all(), ONE_REQUEST);
}

#[test]
fn the_mix_in_passes_every_hook_on() {
    let (server, events) = watched(TcpServer::new(ANY_PORT, || EchoLine).unwrap());
    let server = ThreadingMixIn::mixed_into(server);
    let mut client = connect(server.server_address());
    client.write_all(b"hello\n").unwrap();
    server.handle_request().unwrap();
    server.server_close(); // waits for the thread
    server.service_actions();
    server.handle_timeout();
    assert_eq!(
        events.all(),
        [&ONE_REQUEST[..], &["service_actions", "handle_timeout"]].concat()
    );
}

#[test]
fn a_request_that_is_not_verified_is_shut_down() {
    let (mut server, events) = watched(TcpServer::new(ANY_PORT, || EchoLine).unwrap());
    server.verified = false;
    let mut client = connect(server.server_address());
    server.handle_request().unwrap();
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
    running.stop();
}

#[test]
fn service_actions_are_called_when_nothing_happens_for_the_poll_interval() {
    let (server, events) = watched(TcpServer::new(ANY_PORT, || EchoLine).unwrap());
    let running = serve_polling(server, Duration::from_millis(1));
    for _ in 0..3 {
        assert_eq!(events.next(), "service_actions");
    }
    running.stop();
}

#[test]
fn handle_request_calls_handle_timeout_when_nobody_comes() {
    let options = ServerOptions {
        timeout: Some(Duration::from_millis(1)),
        ..ServerOptions::for_streams()
    };
    let server = TcpServer::with_options(ANY_PORT, options, || EchoLine).unwrap();
    let (server, events) = watched(server);
    server.handle_request().unwrap();
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
    server.handle_request().unwrap();
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
    running.stop();
    assert!(!events.all().contains(&"handle_timeout".to_owned()));
}
