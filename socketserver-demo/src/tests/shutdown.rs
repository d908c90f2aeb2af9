//! `shutdown` ends `serve_forever`, whenever it is called.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, OnceLock, Weak, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::scaffold::{
    ANY_PORT, EchoLine, LIMIT, NEVER, bounded, connect, examine_stream, serve, watched,
};
use crate::{BaseRequestHandler, BaseServer, TcpServer, UdpServer};

#[test]
fn shutdown_always_ends_serve_forever() {
    // It may come before the thread has got as far as serve_forever, or after.
    for _ in 0..20 {
        serve(TcpServer::new(ANY_PORT, || EchoLine).unwrap()).stop();
    }
}

#[test]
fn shutdown_does_not_wait_for_the_poll_interval() {
    // `serve` polls once a day; the events show that the loop was waiting already.
    let (server, events) = watched(TcpServer::new(ANY_PORT, || EchoLine).unwrap());
    let running = serve(server);
    examine_stream(connect(running.server.server_address()));
    events.wait_for("service_actions");
    running.close();

    let (server, events) = watched(UdpServer::new(ANY_PORT, || EchoLine).unwrap());
    let running = serve(server);
    let client = super::scaffold::udp_client();
    client
        .send_to(b"hello\n", running.server.server_address())
        .unwrap();
    events.wait_for("service_actions");
    running.close();
}

#[test]
fn shutdown_before_serve_forever_ends_it_at_once() {
    let server = TcpServer::new(ANY_PORT, || EchoLine).unwrap();
    bounded(move || {
        server.shutdown();
        server.serve_forever(NEVER).unwrap();
    });
}

#[test]
fn a_server_can_serve_again_after_a_shutdown() {
    let (server, events) = watched(TcpServer::new(ANY_PORT, || EchoLine).unwrap());
    let running = serve(serve(server).stop());
    for _ in 0..3 {
        examine_stream(connect(running.server.server_address()));
    }
    running.close();
    // It waited for its clients: one turn of the loop for each, and the one that was interrupted.
    let events = events.all();
    let turns = events.iter().filter(|event| *event == "service_actions");
    assert!(turns.count() <= 3);
}

#[test]
fn a_request_that_comes_after_the_shutdown_waits_for_the_next_serve_forever() {
    let (server, events) = watched(TcpServer::new(ANY_PORT, || EchoLine).unwrap());
    let client = connect(server.server_address());
    server.shutdown();
    let server = serve(server).join();
    assert_eq!(events.all(), [""; 0]);
    let running = serve(server);
    examine_stream(client);
    running.close();
}

#[test]
fn shutdown_waits_until_the_request_in_hand_is_handled() {
    let (server, events) = watched(TcpServer::new(ANY_PORT, || EchoLine).unwrap());
    let running = serve(server);
    let mut client = connect(running.server.server_address());
    client.write_all(b"hello ").unwrap();
    events.wait_for("finish_request");
    let (sender, stopped) = mpsc::channel();
    let stopping = thread::spawn(move || {
        running.server.shutdown();
        sender.send(()).unwrap();
        running.close();
    });
    assert!(stopped.recv_timeout(Duration::from_millis(50)).is_err());
    examine_rest(client);
    stopped.recv_timeout(LIMIT).unwrap();
    stopping.join().unwrap();
}

fn examine_rest(mut client: TcpStream) {
    client.write_all(b"world\n").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "hello world\n");
}

#[test]
fn a_handler_can_shut_its_own_server_down() {
    struct Stop(Arc<OnceLock<Weak<dyn Fn() + Send + Sync>>>);

    impl BaseRequestHandler for Stop {
        fn handle(&mut self, _request: &mut TcpStream, _client: &SocketAddr) -> Result<()> {
            // The server's own thread would wait for itself here.
            self.0.get().unwrap().upgrade().unwrap()();
            Ok(())
        }
    }

    let stop = Arc::new(OnceLock::new());
    let captured = Arc::clone(&stop);
    let server = TcpServer::new(ANY_PORT, move || Stop(Arc::clone(&captured))).unwrap();
    let server = Arc::new(server);
    let shut_down: Arc<dyn Fn() + Send + Sync> = {
        let server = Arc::clone(&server);
        Arc::new(move || server.shutdown())
    };
    stop.set(Arc::downgrade(&shut_down)).ok().unwrap();
    connect(server.server_address());
    bounded(move || server.serve_forever(NEVER)).unwrap();
}

#[test]
fn two_serve_forever_at_a_time_are_an_error() {
    let (server, events) = watched(TcpServer::new(ANY_PORT, || EchoLine).unwrap());
    let running = serve(server);
    examine_stream(connect(running.server.server_address()));
    events.wait_for("service_actions");
    let server = Arc::clone(&running.server);
    let error = bounded(move || server.serve_forever(NEVER)).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ResourceBusy);
    running.close();
}
