//! Servers that somebody else started.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::process::Command;
use std::thread;
use std::time::Duration;

use lab::run::process::{PATIENCE, Process};
use socket2::{Domain, Socket, Type};
use tests::skip;

use crate::{ECHO, check, ours, stderr, stdout};

#[test]
fn a_server_that_runs_already_is_judged_and_left_running() {
    let mut server = Process::start(Command::new(ours(ECHO)).args(["--port", "0"])).unwrap();
    let address = server.ready(PATIENCE).unwrap();
    let output = check(&[ECHO, "--connect", &address.to_string()]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}{}", stderr(&output));
    assert!(text.contains("skipped     transcript  screen"), "{text}");
    assert!(
        text.contains("the checker would have to start the server itself"),
        "{text}"
    );
    assert!(server.wait(Duration::ZERO).unwrap().is_none());
}

#[test]
fn a_server_at_an_ipv6_address_is_judged() {
    let Ok(socket) = UdpSocket::bind("[::1]:0") else {
        return skip("a server at an IPv6 address", "this machine has no IPv6");
    };
    let address = socket.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let mut buffer = vec![0; 65_535];
        while let Ok((size, peer)) = socket.recv_from(&mut buffer) {
            buffer[..size].make_ascii_uppercase();
            socket.send_to(&buffer[..size], peer).unwrap();
        }
    });
    let output = check(&[ECHO, "--filter", "answered", "--connect", &address]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(!text.contains("\n0 passed"), "{text}");
}

#[test]
fn where_nobody_listens_nothing_is_judged() {
    // Nobody else gets a port that is bound, and nobody listens there. UDP knows no such state: its
    // port 9 swallows what comes, where anybody has it.
    let tcp = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    tcp.bind(&any.into()).unwrap();
    let tcp = tcp.local_addr().unwrap().as_socket().unwrap().to_string();
    for (target, address) in [
        ("echo-tcp/server", tcp.as_str()),
        ("ftp-simple/server", &tcp),
        ("echo-udp/talk-server", "127.0.0.1:9"),
    ] {
        let output = check(&[target, "--connect", address]);
        assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
        let error = stderr(&output);
        assert!(error.contains("error: no server at "), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn when_every_check_is_skipped_nothing_was_judged() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let output = check(&["ftp-simple/server", "--connect", &address]);
    let text = stdout(&output);
    assert!(text.contains("\n0 passed, "), "{text}");
    assert_eq!(output.status.code(), Some(2), "{text}");
}
