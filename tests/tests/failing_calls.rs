//! What the servers do when a system call fails that hardly ever fails: `strace` makes it fail once, and what is written
//! to `/dev/full` never finds room.
//!
//! Where strace is missing, or may not trace, its tests are skipped; with `CI=true` they fail.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::process::Command;

use lab::pairs::{Language, PAIRS, Side};
use lab::run::executables;
use lab::run::process::{PATIENCE, Process};

/// Starts the server of a program whose first `call` fails with `error`. `None` where strace cannot.
fn start_failing(number: u8, language: Language, call: &str, error: &str) -> Option<Process> {
    let test = "making system calls fail";
    if !tests::strace_or_skip(test) || language == Language::Python && !tests::python_or_skip(test)
    {
        return None;
    }
    let program = PAIRS.iter().find(|program| program.number == number);
    let server = executables::command(program.unwrap(), Side::Server, language).unwrap();
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-o", "/dev/null", "-e"])
        .arg(format!("inject={call}:error={error}:when=1"))
        .arg(server.get_program())
        .args(server.get_args())
        .args(["--port", "0"]);
    Some(Process::start(&mut strace).unwrap())
}

/// What it says on stderr may be read a moment after what it answers.
fn assert_tells(server: &Process, warning: &str) {
    let told = |text: &str| text.lines().any(|line| line == warning).then_some(());
    let told = server.stderr().wait_for(PATIENCE, told);
    assert!(told.is_some(), "{}", server.stderr().text());
}

#[test]
fn an_accept_that_fails_is_a_warning_and_the_next_client_is_served() {
    for language in [Language::Rust, Language::Python] {
        let Some(server) = start_failing(1, language, "accept4", "EPROTO") else {
            return;
        };
        let address = server.ready(PATIENCE).unwrap();
        let mut client = TcpStream::connect(address).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client.write_all(b"hello").unwrap();
        let mut answer = [0; 5];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HELLO");
        let warning = format!("warning: cannot accept on {address}: Protocol error (os error 71)");
        assert_tells(&server, &warning);
    }
}

#[test]
fn an_accept_on_a_socket_that_is_of_no_use_ends_the_server_with_its_address() {
    for language in [Language::Rust, Language::Python] {
        let Some(mut server) = start_failing(1, language, "accept4", "EINVAL") else {
            return;
        };
        let status = server.wait(PATIENCE).unwrap().unwrap();
        assert_eq!(status.code(), Some(1));
        let address = server.ready(PATIENCE).unwrap();
        let told = server.stderr().text();
        let error = format!("Error: cannot accept on {address}: Invalid argument (os error 22)");
        assert_eq!(told.lines().last(), Some(&*error));
    }
}

#[test]
fn a_socket_that_cannot_be_made_is_told_with_its_address() {
    // A listener, a socket for datagrams, and the two of socketserver.
    for number in [13, 11, 16, 17] {
        for language in [Language::Rust, Language::Python] {
            let Some(mut server) = start_failing(number, language, "socket", "EAFNOSUPPORT") else {
                return;
            };
            let status = server.wait(PATIENCE).unwrap().unwrap();
            assert_eq!(status.code(), Some(1));
            let told = server.stderr().text();
            let error = "Error: cannot make a socket for 127.0.0.1:0: Address family not supported by protocol (os error 97)";
            assert_eq!(told.lines().last(), Some(error), "{number} {language:?}");
        }
    }
}

#[test]
fn a_listener_without_a_reserve_is_told_with_its_address() {
    // One descriptor more than the three that all have, whatever this process has inherited.
    const LIMITED: &str = "\
import os, resource, sys
os.closerange(3, 1 << 16)
resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))
os.execv(sys.argv[1], sys.argv[1:])
";
    let Some(python) = executables::python().filter(|_| tests::python_or_skip("the reserve"))
    else {
        return;
    };
    for language in [Language::Rust, Language::Python] {
        let program = PAIRS.iter().find(|program| program.number == 1);
        let server = executables::command(program.unwrap(), Side::Server, language).unwrap();
        let mut limited = Command::new(python);
        limited.args(["-c", LIMITED]).arg(server.get_program());
        if language == Language::Python {
            // It looks into packages, if it may, with two at a time.
            limited.args(["-S", "-E"]);
        }
        limited.args(server.get_args()).args(["--port", "0"]);
        let mut server = Process::start(&mut limited).unwrap();
        let status = server.wait(PATIENCE).unwrap().unwrap();
        assert_eq!(status.code(), Some(1));
        let told = server.stderr().text();
        let of_its_own = told
            .strip_prefix("Error: cannot listen on 127.0.0.1:")
            .is_some_and(|rest| !rest.starts_with("0:"));
        assert!(of_its_own, "{language:?}: {told}");
        assert!(
            told.ends_with(": Too many open files (os error 24)\n"),
            "{told}"
        );
    }
}

#[test]
fn a_receive_that_lacks_memory_is_a_warning_and_the_next_datagram_is_answered() {
    for language in [Language::Rust, Language::Python] {
        let Some(server) = start_failing(5, language, "recvfrom", "ENOMEM") else {
            return;
        };
        let address = server.ready(PATIENCE).unwrap();
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client.send_to(b"hello", address).unwrap();
        let mut answer = [0; 5];
        client.recv(&mut answer).unwrap();
        assert_eq!(&answer, b"HELLO");
        let warning =
            format!("warning: cannot receive on {address}: Cannot allocate memory (os error 12)");
        assert_tells(&server, &warning);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_told_as_such() {
    let Some(server) = start_failing(13, Language::Rust, "sendfile", "EIO") else {
        return;
    };
    let mut client = TcpStream::connect(server.ready(PATIENCE).unwrap()).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client.write_all(b"get a.txt\n").unwrap();
    client.read_to_end(&mut Vec::new()).unwrap();
    let peer = client.local_addr().unwrap();
    let warning = format!("warning: {peer}: a.txt cannot be read: Input/output error (os error 5)");
    assert_tells(&server, &warning);
}

#[test]
fn a_transcript_that_cannot_be_written_ends_a_server_and_is_not_the_clients_fault() {
    for number in [1, 2] {
        for language in [Language::Rust, Language::Python] {
            if language == Language::Python && !tests::python_or_skip("a full stdout") {
                return;
            }
            let program = PAIRS.iter().find(|program| program.number == number);
            let server = executables::command(program.unwrap(), Side::Server, language).unwrap();
            let mut shell = Command::new("sh");
            shell
                .args(["-c", r#"exec "$@" >/dev/full"#, "sh"])
                .arg(server.get_program())
                .args(server.get_args())
                .args(["--port", "0"]);
            let mut server = Process::start(&mut shell).unwrap();
            let mut client = TcpStream::connect(server.ready(PATIENCE).unwrap()).unwrap();
            client.write_all(b"hello").unwrap();
            let status = server.wait(PATIENCE).unwrap().unwrap();
            assert_eq!(status.code(), Some(1));
            let told = server.stderr().text();
            let error = "Error: cannot write to stdout: No space left on device (os error 28)";
            assert_eq!(told.lines().last(), Some(error), "{told}");
        }
    }
}
