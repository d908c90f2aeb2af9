//! What Python has as class attributes.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use anyhow::Result;
use socket2::SockRef;

use super::scaffold::{ANY_PORT, EchoLine, LIMIT, connect, handle_one, serve, udp_client};
use crate::{
    BaseRequestHandler, BaseServer, Datagram, ServerOptions, TcpServer, ThreadingUdpServer,
    UdpServer,
};

/// How many clients the system shakes hands with while the server does not accept.
#[cfg(target_os = "linux")]
fn queue(request_queue_size: i32, clients: usize) -> usize {
    let options = ServerOptions {
        request_queue_size,
        ..ServerOptions::for_streams()
    };
    let server = TcpServer::with_options(ANY_PORT, options, || EchoLine).unwrap();
    let connected = (0..clients).map_while(|_| {
        TcpStream::connect_timeout(server.server_address(), Duration::from_millis(200)).ok()
    });
    connected.collect::<Vec<_>>().len()
}

#[cfg(target_os = "linux")]
#[test]
fn so_many_connections_wait_as_the_request_queue_holds() {
    // Linux lets one more in.
    assert_eq!(queue(1, 10), 2);
    assert_eq!(queue(5, 10), 6);
    // The default holds a crowd that comes all at once.
    let default = ServerOptions::for_streams().request_queue_size;
    assert_eq!(queue(default, 1000), 1000);
}

/// Says nothing and closes.
struct Goodbye;

impl BaseRequestHandler for Goodbye {}

/// Closes a connection first, and so has the TIME_WAIT on its side; then restarts.
fn restart(options: ServerOptions) -> Result<()> {
    let server = TcpServer::with_options(ANY_PORT, options, || Goodbye)?;
    let address = *server.server_address();
    let mut client = connect(&address);
    let server = handle_one(server);
    assert_eq!(client.read(&mut [0])?, 0);
    drop(client);
    drop(server);
    TcpServer::with_options(address, options, || EchoLine).map(drop)
}

#[cfg(target_os = "linux")]
#[test]
fn a_restart_needs_allow_reuse_address() {
    let options = ServerOptions::for_streams();
    restart(options).unwrap();
    let without = ServerOptions {
        allow_reuse_address: false,
        ..options
    };
    let error = restart(without).unwrap_err().to_string();
    assert!(error.contains("in use"), "{error}");
}

#[test]
fn a_second_server_cannot_take_a_port() {
    let first = TcpServer::new(ANY_PORT, || EchoLine).unwrap();
    assert!(TcpServer::new(*first.server_address(), || EchoLine).is_err());
    let first = UdpServer::new(ANY_PORT, || EchoLine).unwrap();
    assert!(UdpServer::new(*first.server_address(), || EchoLine).is_err());
}

#[cfg(target_os = "linux")]
#[test]
fn a_second_server_shares_a_port_with_allow_reuse_port() {
    let streams = ServerOptions {
        allow_reuse_port: true,
        ..ServerOptions::for_streams()
    };
    let first = TcpServer::with_options(ANY_PORT, streams, || EchoLine).unwrap();
    TcpServer::with_options(*first.server_address(), streams, || EchoLine).unwrap();

    let datagrams = ServerOptions {
        allow_reuse_port: true,
        ..ServerOptions::for_datagrams()
    };
    let first = UdpServer::with_options(ANY_PORT, datagrams, || EchoLine).unwrap();
    UdpServer::with_options(*first.server_address(), datagrams, || EchoLine).unwrap();
}

/// What a connection has inherited from its listening socket.
struct Inherited {
    keepalive: bool,
    nonblocking: bool,
}

struct Tell<T>(Sender<T>);

#[cfg(unix)]
impl BaseRequestHandler for Tell<Inherited> {
    fn handle(&mut self, request: &mut TcpStream, _client: &SocketAddr) -> Result<()> {
        let flags = rustix::fs::fcntl_getfl(&*request)?;
        Ok(self.0.send(Inherited {
            keepalive: SockRef::from(&*request).keepalive()?,
            nonblocking: flags.contains(rustix::fs::OFlags::NONBLOCK),
        })?)
    }
}

#[cfg(unix)]
#[test]
fn a_connection_notices_a_vanished_client_and_waits_although_its_listener_does_not() {
    let (sender, told) = channel();
    let server = TcpServer::new(ANY_PORT, move || Tell(sender.clone())).unwrap();
    let _client = connect(server.server_address());
    handle_one(server);
    let inherited: Inherited = told.recv_timeout(LIMIT).unwrap();
    assert!(inherited.keepalive && !inherited.nonblocking);
}

impl BaseRequestHandler<Datagram> for Tell<Vec<u8>> {
    fn handle(&mut self, request: &mut Datagram, client: &SocketAddr) -> Result<()> {
        request.socket.send_to(b"thanks", client)?;
        Ok(self.0.send(request.data.clone())?)
    }
}

#[test]
fn the_longest_datagram_arrives_whole() {
    let (sender, told) = channel();
    let running = serve(ThreadingUdpServer::new(ANY_PORT, move || Tell(sender.clone())).unwrap());
    let client = udp_client();
    for datagram in [vec![b'x'; 65_507], vec![], vec![b'y'; 8193]] {
        client
            .send_to(&datagram, running.server.server_address())
            .unwrap();
        assert!(told.recv_timeout(LIMIT).unwrap() == datagram);
    }
    running.close();
}

#[test]
fn a_datagram_is_cut_at_max_packet_size() {
    let (sender, told) = channel();
    let options = ServerOptions {
        max_packet_size: 5,
        ..ServerOptions::for_datagrams()
    };
    let server = UdpServer::with_options(ANY_PORT, options, move || Tell(sender.clone())).unwrap();
    let client = udp_client();
    client
        .send_to(b"hello world", server.server_address())
        .unwrap();
    handle_one(server);
    assert_eq!(told.recv_timeout(LIMIT).unwrap(), b"hello");
}

#[test]
fn each_datagram_is_handled_once() {
    let (sender, told) = channel();
    let running = serve(ThreadingUdpServer::new(ANY_PORT, move || Tell(sender.clone())).unwrap());
    let client = udp_client();
    for number in 0..100 {
        client
            .send_to(&[number], running.server.server_address())
            .unwrap();
        assert_eq!(client.recv(&mut [0; 100]).unwrap(), b"thanks".len());
    }
    running.close();
    let mut numbers: Vec<_> = told.try_iter().flatten().collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
}
