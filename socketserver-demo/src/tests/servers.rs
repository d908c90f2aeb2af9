//! Each of the eight servers serves three clients, shuts down and closes.

use std::net::{SocketAddr, UdpSocket};
#[cfg(unix)]
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::thread;

#[cfg(unix)]
use tempfile::TempDir;

use super::scaffold::{
    ANY_PORT, EchoLine, LIMIT, bounded, connect, examine_stream, serve, udp_client,
};
use crate::{
    BaseServer, ClientAddressOf, ServerSocket, TcpServer, ThreadingTcpServer, ThreadingUdpServer,
    UdpServer,
};
#[cfg(unix)]
use crate::{
    ThreadingUnixDatagramServer, ThreadingUnixStreamServer, UnixDatagramServer, UnixStreamServer,
};

fn run_server<S: BaseServer>(server: S, examine: impl Fn(&ClientAddressOf<S>)) {
    let running = serve(server);
    let address = running.server.server_address().clone();
    let socket = running.server.state().socket().unwrap();
    let own = socket.server_address().unwrap();
    assert_eq!(format!("{address:?}"), format!("{own:?}"));
    drop(socket);
    for _ in 0..3 {
        examine(&address);
    }
    let server = running.stop();
    bounded(move || {
        server.server_close();
        assert!(server.state().socket().is_err());
    });
}

fn tcp_examine(address: &SocketAddr) {
    examine_stream(connect(address));
}

fn udp_examine(address: &SocketAddr) {
    let client = udp_client();
    client.send_to(b"hello world\n", address).unwrap();
    let mut buffer = [0; 100];
    let (size, sender) = client.recv_from(&mut buffer).unwrap();
    assert_eq!((&buffer[..size], sender), (&b"hello world\n"[..], *address));
}

#[test]
fn tcp_server() {
    run_server(TcpServer::new(ANY_PORT, || EchoLine).unwrap(), tcp_examine);
}

#[test]
fn threading_tcp_server() {
    let server = ThreadingTcpServer::new(ANY_PORT, || EchoLine).unwrap();
    run_server(server, tcp_examine);
}

#[test]
fn udp_server() {
    run_server(UdpServer::new(ANY_PORT, || EchoLine).unwrap(), udp_examine);
}

#[test]
fn threading_udp_server() {
    let server = ThreadingUdpServer::new(ANY_PORT, || EchoLine).unwrap();
    run_server(server, udp_examine);
}

#[cfg(unix)]
type UnixAddress = std::os::unix::net::SocketAddr;

#[cfg(unix)]
fn unix_stream_examine(address: &UnixAddress) {
    let stream = UnixStream::connect_addr(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    examine_stream(stream);
}

#[cfg(unix)]
fn unix_datagram_examine(address: &UnixAddress) {
    let folder = TempDir::new().unwrap();
    // Without an address of its own the client could not be answered.
    let client = UnixDatagram::bind(folder.path().join("client")).unwrap();
    client.set_read_timeout(Some(LIMIT)).unwrap();
    client.send_to_addr(b"hello world\n", address).unwrap();
    let mut buffer = [0; 100];
    let size = client.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..size], b"hello world\n");
}

#[cfg(unix)]
#[test]
fn unix_stream_server() {
    let folder = TempDir::new().unwrap();
    let server = UnixStreamServer::new(folder.path().join("server"), || EchoLine).unwrap();
    run_server(server, unix_stream_examine);
}

#[cfg(unix)]
#[test]
fn threading_unix_stream_server() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("server");
    let server = ThreadingUnixStreamServer::new(path, || EchoLine).unwrap();
    run_server(server, unix_stream_examine);
}

#[cfg(unix)]
#[test]
fn unix_datagram_server() {
    let folder = TempDir::new().unwrap();
    let server = UnixDatagramServer::new(folder.path().join("server"), || EchoLine).unwrap();
    run_server(server, unix_datagram_examine);
}

#[cfg(unix)]
#[test]
fn threading_unix_datagram_server() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("server");
    let server = ThreadingUnixDatagramServer::new(path, || EchoLine).unwrap();
    run_server(server, unix_datagram_examine);
}

#[test]
fn servers_listen_on_ipv6_too() {
    let server = match TcpServer::new("[::1]:0", || EchoLine) {
        Err(_) if UdpSocket::bind("[::1]:0").is_err() => return, // this machine has no IPv6
        server => server.unwrap(),
    };
    assert!(server.server_address().is_ipv6());
    run_server(server, tcp_examine);
}

#[test]
fn a_crowd_that_connects_at_once_is_served_whole() {
    let running = serve(ThreadingTcpServer::new(ANY_PORT, || EchoLine).unwrap());
    let address = *running.server.server_address();
    let clients = (0..200).map(|_| thread::spawn(move || tcp_examine(&address)));
    for client in clients.collect::<Vec<_>>() {
        client.join().unwrap();
    }
    running.close();
}
