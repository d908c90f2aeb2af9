//! What is left of a server that is closed, or that never came to be.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};

use super::scaffold::{ANY_PORT, EchoLine, NEVER, bounded};
use crate::{BaseServer, TcpServer, ThreadingTcpServer, UdpServer};

/// Nobody listens there any more.
fn assert_refused(address: &SocketAddr) {
    let error = TcpStream::connect(address).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn a_server_that_never_served_closes_at_once() {
    let server = ThreadingTcpServer::new(ANY_PORT, || EchoLine).unwrap();
    let address = *server.server_address();
    bounded(move || server.server_close());
    assert_refused(&address);
}

#[test]
fn a_server_closes_at_the_end_of_its_scope() {
    let address = {
        let server = TcpServer::new(ANY_PORT, || EchoLine).unwrap();
        TcpStream::connect(server.server_address()).unwrap();
        *server.server_address()
    };
    assert_refused(&address);
}

#[test]
fn a_closed_server_serves_nobody() {
    let server = TcpServer::new(ANY_PORT, || EchoLine).unwrap();
    server.server_close();
    for result in bounded(move || [server.serve_forever(NEVER), server.handle_request()]) {
        assert_eq!(result.unwrap_err().to_string(), "the server is closed");
    }
}

#[cfg(unix)]
#[test]
fn a_closed_server_has_no_descriptor() {
    let server = TcpServer::new(ANY_PORT, || EchoLine).unwrap();
    assert!(server.fileno().is_some());
    server.server_close();
    assert_eq!(server.fileno(), None);
}

#[test]
fn a_failed_bind_leaves_no_descriptor_open() {
    let (taken, udp_taken) = (
        TcpListener::bind(ANY_PORT).unwrap(),
        super::scaffold::udp_client(),
    );
    let mut errors = (String::new(), String::new());
    // More often than a process may usually have descriptors.
    for _ in 0..30_000 {
        let tcp = TcpServer::new(taken.local_addr().unwrap(), || EchoLine);
        let udp = UdpServer::new(udp_taken.local_addr().unwrap(), || EchoLine);
        errors = (
            tcp.err().unwrap().to_string(),
            udp.err().unwrap().to_string(),
        );
    }
    assert!(errors.0.contains("is in use"), "{}", errors.0);
    assert!(errors.1.contains("is in use"), "{}", errors.1);
}

#[test]
fn a_name_without_an_address_is_an_error() {
    assert!(TcpServer::new("no such host:80", || EchoLine).is_err());
    let none: &[SocketAddr] = &[];
    assert!(TcpServer::new(none, || EchoLine).is_err());
}

#[test]
fn of_several_addresses_the_first_that_can_be_had_is_taken() {
    let taken = TcpListener::bind(ANY_PORT).unwrap();
    let free: SocketAddr = ANY_PORT.parse().unwrap();
    let addresses = [taken.local_addr().unwrap(), free];
    let server = TcpServer::new(&addresses[..], || EchoLine).unwrap();
    assert_ne!(*server.server_address(), addresses[0]);
}
