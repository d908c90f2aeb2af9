//! What a handler does wrong ends its request and nothing else.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};

use anyhow::{Result, bail};

use super::scaffold::{ANY_PORT, Events, Watched, connect, handle_one, serve, udp_client, watched};
use crate::{
    BaseRequestHandler, BaseServer, Datagram, StreamListener, TcpServer, ThreadingMixIn, UdpServer,
};

/// Fails in one way or the other.
struct Bad(&'static str);

impl BaseRequestHandler for Bad {
    fn setup(&mut self, _request: &mut TcpStream, _client: &SocketAddr) -> Result<()> {
        assert!(self.0 != "panic in setup", "not even set up");
        Ok(())
    }

    fn handle(&mut self, _request: &mut TcpStream, _client: &SocketAddr) -> Result<()> {
        match self.0 {
            "panic" => panic!("there is no {}", "cake"),
            "panic in setup" => Ok(()),
            text => bail!("cannot serve: {text}"),
        }
    }
}

impl BaseRequestHandler<Datagram> for Bad {
    fn handle(&mut self, request: &mut Datagram, _client: &SocketAddr) -> Result<()> {
        bail!("cannot serve: {:?}", request.data)
    }
}

fn bad_server(
    how: &'static str,
) -> (
    Watched<impl BaseServer<Socket = StreamListener<std::net::TcpListener>>>,
    Events,
) {
    watched(TcpServer::new(ANY_PORT, move || Bad(how)).unwrap())
}

/// Serves two clients badly. Both find their connection closed.
fn examine(
    server: impl BaseServer<Socket = StreamListener<std::net::TcpListener>>,
    events: &Events,
    error: &str,
) {
    let running = serve(server);
    for _ in 0..2 {
        let mut client = connect(running.server.server_address());
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        assert_eq!(
            events.wait_for("handle_error"),
            format!("handle_error: {error}")
        );
        assert_eq!(events.wait_for("shutdown_request"), "shutdown_request");
    }
    running.close();
}

#[test]
fn a_failing_handler_is_reported_and_the_server_goes_on() {
    let (server, events) = bad_server("sold out");
    examine(server, &events, "cannot serve: sold out");
}

#[test]
fn a_failing_handler_in_a_thread_is_reported_and_the_server_goes_on() {
    let (server, events) = bad_server("sold out");
    let server = ThreadingMixIn::mixed_into(server);
    examine(server, &events, "cannot serve: sold out");
}

#[test]
fn a_panicking_handler_is_reported_and_the_server_goes_on() {
    let (server, events) = bad_server("panic");
    examine(server, &events, "the handler panicked: there is no cake");
}

#[test]
fn a_panic_before_the_handler_is_reported_and_the_server_goes_on() {
    let (server, events) = bad_server("panic in setup");
    examine(server, &events, "the handler panicked: not even set up");
}

#[test]
fn a_panicking_handler_in_a_thread_is_reported_and_its_thread_counted_out() {
    let (server, events) = bad_server("panic");
    let server = ThreadingMixIn::mixed_into(server);
    // It does not close before the count of its threads is zero.
    examine(server, &events, "the handler panicked: there is no cake");
}

#[test]
fn a_failing_datagram_handler_is_reported_and_the_server_goes_on() {
    let (server, events) = watched(UdpServer::new(ANY_PORT, || Bad("")).unwrap());
    let running = serve(server);
    for _ in 0..2 {
        let client = udp_client();
        client
            .send_to(&[7], running.server.server_address())
            .unwrap();
        assert_eq!(
            events.wait_for("handle_error"),
            "handle_error: cannot serve: [7]"
        );
    }
    running.close();
}

#[test]
fn handle_request_too_outlives_its_handler() {
    for how in ["sold out", "panic"] {
        let (server, events) = bad_server(how);
        let _client = connect(server.server_address());
        handle_one(server);
        assert!(
            events
                .all()
                .iter()
                .any(|event| event.starts_with("handle_error"))
        );
    }
}
