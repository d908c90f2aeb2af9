//! `trace --listen … --to …`: between programs that somebody else started.

use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use lab::pairs::{Language, PAIRS, Side};
use lab::run::executables;
use lab::run::process::{PATIENCE, Process};

use crate::trace;

/// A relay to `to`, and where it listens.
fn relay(to: SocketAddr, udp: bool) -> (Process, SocketAddr) {
    let to = to.to_string();
    let mut command = trace(&["--listen", "0", "--to", &to]);
    command.args(udp.then_some("--udp"));
    let relay = Process::start(&mut command).unwrap();
    let said = relay.stderr().wait_for(PATIENCE, |text| {
        let rest = text.split_once(" 127.0.0.1:")?.1;
        rest.split_once(':')?.0.parse::<u16>().ok()
    });
    let port = said.unwrap_or_else(|| panic!("{}", relay.stderr().text()));
    (relay, ([127, 0, 0, 1], port).into())
}

#[track_caller]
fn shows(relay: &Process, words: &[&str]) {
    for word in words {
        let all = |text: &str| text.contains(word).then_some(());
        let seen = relay.stdout().wait_for(PATIENCE, all);
        assert!(seen.is_some(), "no {word:?} in\n{}", relay.stdout().text());
    }
}

#[test]
fn the_picture_of_our_programs_grows_until_ctrl_c() {
    for (number, udp) in [(3, false), (10, true)] {
        let program = PAIRS
            .iter()
            .find(|program| program.number == number)
            .unwrap();
        let start = |side, port: u16| {
            let mut command = executables::command(program, side, Language::Rust).unwrap();
            command.args(["--port", &port.to_string()]);
            Process::start(&mut command).unwrap()
        };
        let mut server = start(Side::Server, 0);
        let (mut relay, at) = relay(server.ready(PATIENCE).unwrap(), udp);
        let mut client = start(Side::Client, at.port());
        for side in [&mut client, &mut server] {
            assert!(side.wait(PATIENCE).unwrap().unwrap().success());
        }
        if udp {
            shows(
                &relay,
                &[
                    "◄",
                    "datagram · 12 bytes",
                    "|hello world!|",
                    "►",
                    "|HELLO WORLD!|",
                ],
            );
        } else {
            let words = [
                "connects",
                "data · 11 bytes",
                "|hello hello|",
                "|HELLO HELLO|",
                "closes",
            ];
            shows(&relay, &words);
        }
        relay.interrupt();
        assert!(relay.wait(PATIENCE).unwrap().is_some());
    }
}

/// An address where nobody listens.
fn nobody(udp: bool) -> SocketAddr {
    if udp {
        UdpSocket::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
    } else {
        TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
    }
}

#[test]
fn a_server_that_does_not_listen_is_told() {
    let (relay_tcp, at) = relay(nobody(false), false);
    let _client = TcpStream::connect_timeout(&at, Duration::from_secs(5)).unwrap();
    shows(
        &relay_tcp,
        &["connects", "cannot be reached (Connection refused"],
    );

    let (relay_udp, at) = relay(nobody(true), true);
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.send_to(b"hello", at).unwrap();
    shows(&relay_udp, &["datagram · 5 bytes", "nobody listens"]);
}
