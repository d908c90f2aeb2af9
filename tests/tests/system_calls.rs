//! How many system calls an exchange costs: counts, where a time would prove nothing.
//!
//! `strace -f -c` counts them. Where it is missing, or may not trace, the tests are skipped; with
//! `CI=true` they fail.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::process::Command;

use common::header;
use lab::pairs::{Language, PAIRS, Side};
use lab::run::executables;
use lab::run::process::{PATIENCE, Process};
use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;

const EXCHANGES: u64 = 100;

fn can_trace() -> bool {
    tests::strace_or_skip("counting system calls")
}

/// Runs the server of a program while `talk` talks to it, and counts its system calls.
fn count(number: u8, args: &[&str], talk: impl FnOnce(SocketAddr)) -> BTreeMap<String, u64> {
    let mut server = rust(number, Side::Server);
    server.args(["--port", "0"]).args(args);
    count_calls(&server, |process| {
        talk(process.ready(PATIENCE).unwrap());
        process.signal(Signal::INT);
    })
}

fn rust(number: u8, side: Side) -> Command {
    let program = PAIRS.iter().find(|program| program.number == number);
    executables::command(program.unwrap(), side, Language::Rust).unwrap()
}

/// Counts the system calls of a program until it ends. `meanwhile` may see to that.
fn count_calls(program: &Command, meanwhile: impl FnOnce(&mut Process)) -> BTreeMap<String, u64> {
    let folder = TempDir::with_prefix("strace-").unwrap();
    let table = folder.path().join("table");
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-c", "-U", "name,calls", "-o"])
        .arg(&table)
        .arg(program.get_program())
        .args(program.get_args());
    let mut process = Process::start(&mut strace).unwrap();
    meanwhile(&mut process);
    process.wait(PATIENCE).unwrap().unwrap();
    let table = fs::read_to_string(table).unwrap();
    table
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
        })
        .collect()
}

/// The calls that receive, print and send. All others together are the server's start and end.
fn exchange_calls(calls: &BTreeMap<String, u64>) -> [u64; 3] {
    let sum = |names: &[&str]| names.iter().filter_map(|name| calls.get(*name)).sum();
    [
        sum(&["recvfrom", "recvmsg", "readv"]),
        sum(&["write"]),
        sum(&["sendto", "sendmsg", "writev"]),
    ]
}

/// The size in bytes of the file that is downloaded.
const FILE_SIZE: u64 = 8 << 20;

/// What the start, the ready line and the end may need besides.
const BESIDES: u64 = 10;

fn assert_one_each(calls: &BTreeMap<String, u64>) {
    for count in exchange_calls(calls) {
        assert!(
            (EXCHANGES..=EXCHANGES + BESIDES).contains(&count),
            "{EXCHANGES} exchanges: {calls:?}"
        );
    }
}

#[test]
fn a_datagram_is_one_receive_one_line_and_one_send() {
    if !can_trace() {
        return;
    }
    // A server on all addresses asks the system whether a sender is itself, but only where the ports
    // are the same.
    for (number, host, message) in [
        (5, "127.0.0.1", "hello"),
        (5, "0.0.0.0", "hello"),
        (11, "127.0.0.1", "%Y-%m-%d %X"),
    ] {
        let calls = count(number, &["--host", host], |server| {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
            let server = ("127.0.0.1", server.port());
            for _ in 0..EXCHANGES {
                socket.send_to(message.as_bytes(), server).unwrap();
                socket.recv(&mut [0; 100]).unwrap();
            }
        });
        assert_one_each(&calls);
        assert!(calls["socket"] < BESIDES, "{calls:?}");
    }
}

#[test]
fn a_message_on_a_stream_is_one_receive_one_line_and_one_send() {
    if !can_trace() {
        return;
    }
    for number in [1, 16] {
        let calls = count(number, &[], |server| {
            let mut stream = TcpStream::connect(server).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            for _ in 0..EXCHANGES {
                stream.write_all(b"hello").unwrap();
                stream.read_exact(&mut [0; 5]).unwrap();
            }
        });
        assert_one_each(&calls);
    }
}

#[test]
fn a_frame_is_one_receive_one_line_and_one_send() {
    if !can_trace() {
        return;
    }
    let calls = count(20, &[], |server| {
        let mut stream = TcpStream::connect(server).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let frame = header::pack_json(&json!({ "data_size": 5 }), b"hello").unwrap();
        for _ in 0..EXCHANGES {
            stream.write_all(&frame).unwrap();
            stream.read_exact(&mut vec![0; frame.len()]).unwrap();
        }
    });
    assert_one_each(&calls);
}

/// What `bench` measures the client against must do the same work.
#[test]
fn a_frame_is_one_send_one_receive_and_one_line_for_the_client_and_for_its_reference() {
    if !can_trace() {
        return;
    }
    let server = Process::start(rust(20, Side::Server).args(["--port", "0"])).unwrap();
    let port = server.ready(PATIENCE).unwrap().port().to_string();
    let ours = {
        let mut client = rust(20, Side::Client);
        client.args(["--interval", "0", "--message", "hello"]);
        client
    };
    let bare = {
        let mut client = Command::new(tests::lab());
        client.args(["bare", "framed-client", "--message", "hello"]);
        client.args(["--line", "HELLO"]);
        client
    };
    for mut client in [ours, bare] {
        client.args(["--port", &port]);
        client.args(["--count", &EXCHANGES.to_string()]);
        let calls = count_calls(&client, |process| {
            let lines = "HELLO\n".repeat(usize::try_from(EXCHANGES).unwrap());
            assert!(process.stdout().shows(&lines, PATIENCE));
        });
        assert_one_each(&calls);
    }
}

#[test]
fn a_download_enters_the_server_for_its_md5_and_leaves_by_sendfile() {
    if !can_trace() {
        return;
    }
    let share = TempDir::with_prefix("share-").unwrap();
    fs::write(share.path().join("a.bin"), vec![b'x'; 8 << 20]).unwrap();
    let calls = count(13, &["--dir", share.path().to_str().unwrap()], |server| {
        let mut stream = TcpStream::connect(server).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(b"get a.bin\n").unwrap();
        let fields = header::read_json(&mut stream).unwrap().unwrap();
        assert_eq!(header::size(&fields, "filesize").unwrap(), FILE_SIZE);
        let mut body = Vec::new();
        stream.take(FILE_SIZE).read_to_end(&mut body).unwrap();
        assert_eq!(body.len() as u64, FILE_SIZE);
    });
    // The header is the only thing that is sent from the program's memory.
    assert_eq!(calls.get("sendto"), Some(&1), "{calls:?}");
    assert!(
        calls.get("sendfile").is_some_and(|&count| count >= 1),
        "{calls:?}"
    );
}
