//! Our server and our client: what the client shows of a clock that is wrong, and what the flags do.

use std::net::{SocketAddr, UdpSocket};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use lab::host::namespace::End;
use lab::pairs::{Language, Side};
use lab::run::executables::{self, Profile};
use lab::run::process::{PATIENCE, Process};
use ntp::sntp::packet::{Packet, RATE, SERVER, SIZE};
use ntp::sntp::timestamp::{Span, Timestamp};
use regex_lite::Regex;
use rustix::process::Signal;
use tests::window::Window;

use super::wire::{serve_at, wire};
use super::{assert_right, client, languages, pair, printed, server, start};

/// A year, and more than is left of the first era.
const YEAR: f64 = 365.25 * 86_400.0;

/// The server without any flags, not even those of the table.
fn plain_server(language: Language) -> Command {
    match language {
        Language::Rust => {
            Command::new(executables::rust(pair(), Side::Server, Profile::Debug).unwrap())
        }
        Language::Python => {
            let mut command = Command::new(executables::python().unwrap());
            command.arg(executables::python_source(pair(), Side::Server));
            command
        }
    }
}

#[test]
fn an_offset_is_right_within_half_of_the_delay_also_across_the_end_of_the_era() {
    let languages = languages("the offsets");
    for &of_server in languages {
        for shift in [0.0, 2.5, -3600.25, 12.0 * YEAR, -50.0 * YEAR] {
            let flags = ["--interval", "0", &format!("--shift={shift}")];
            let (_server, address) = server(of_server, &flags);
            for &of_client in languages {
                let command = client(
                    of_client,
                    address,
                    &["--json", "--count", "3", "--interval", "0"],
                );
                let case = format!("{of_server:?} {of_client:?}");
                assert_right(&printed(command), 3, shift, &case);
            }
        }
    }
}

/// Asks from a socket of its own, and tells the answer.
fn answer_of(address: SocketAddr) -> Packet {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let question = Packet::question(Timestamp(7)).pack();
    socket.send_to(&question, address).unwrap();
    let mut buffer = [0; SIZE + 1];
    let size = socket.recv(&mut buffer).unwrap();
    assert_eq!(size, SIZE);
    Packet::unpack(&buffer).unwrap()
}

#[test]
fn without_flags_a_server_says_that_its_clock_is_not_set() {
    for &language in languages("the server without flags") {
        let (_server, address) = start(plain_server(language), &[]);
        let answer = answer_of(address);
        assert_eq!(
            (answer.leap, answer.stratum, &answer.reference_id),
            (3, 0, b"INIT")
        );
        assert_eq!(answer.reference, Timestamp(0));
        for &of_client in languages("the client of a server without flags") {
            let output = client(of_client, address, &[]).output().unwrap();
            let told = String::from_utf8(output.stderr).unwrap();
            let expected = format!(
                "Error: {address}: kiss-o'-death INIT: the server's clock is not set yet\n"
            );
            assert_eq!((output.status.code(), told), (Some(1), expected));
        }
    }
}

#[test]
fn the_flags_of_a_server_stand_in_its_answers() {
    for &language in languages("the flags of the server") {
        for (reference, id, stratum) in
            [("GPS", *b"GPS\0", "1"), ("192.0.2.9", [192, 0, 2, 9], "3")]
        {
            let flags = ["--stratum", stratum, "--reference", reference];
            let (_server, address) = start(plain_server(language), &flags);
            let answer = answer_of(address);
            assert_eq!(
                (answer.leap, answer.stratum.to_string(), answer.reference_id),
                (0, stratum.to_owned(), id)
            );
            // The clock was set before the question came.
            assert!(answer.receive.since(answer.reference) > Span(0));
        }
    }
}

/// What both sides say of a client that asks too fast.
const TOO_FAST: &str = "kiss-o'-death RATE: we ask too fast";

#[test]
fn a_ninth_question_within_the_interval_is_too_fast_and_both_sides_say_so() {
    for &of_server in languages("the server that is asked too fast") {
        for &of_client in languages("the client that asks too fast") {
            let (server, address) = server(of_server, &["--interval", "3600"]);
            let output = client(of_client, address, &["--count", "9", "--interval", "0"])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 8);
            let told = String::from_utf8(output.stderr).unwrap();
            assert_eq!(told, format!("Error: {address}: {TOO_FAST}\n"));
            assert!(server.stdout().shows(", too fast\n", PATIENCE));
            assert_eq!(server.stdout().text().lines().count(), 9);
        }
    }
}

#[test]
fn who_is_told_to_be_patient_waits_twice_as_long_and_not_after_the_last_question() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    server.set_read_timeout(Some(PATIENCE)).unwrap();
    let address = server.local_addr().unwrap();
    for &language in languages("the client that is told to be patient") {
        let flags = ["--count", "2", "--interval", "0.55"];
        let mut client = Process::start(&mut client(language, address, &flags)).unwrap();
        for _ in 0..2 {
            let mut buffer = [0; SIZE];
            let (_, peer) = server.recv_from(&mut buffer).unwrap();
            let kiss = Packet {
                mode: SERVER,
                stratum: 0,
                reference_id: RATE,
                origin: Packet::unpack(&buffer).unwrap().transmit,
                ..Packet::question(Timestamp(0))
            };
            server.send_to(&kiss.pack(), peer).unwrap();
        }
        assert_eq!(client.wait(PATIENCE).unwrap().unwrap().code(), Some(1));
        let told = format!(
            "warning: {address}: {TOO_FAST}: 1.1 s until we ask again\nError: {address}: {TOO_FAST}\n"
        );
        assert_eq!(client.stderr().text(), told, "{language:?}");
    }
}

/// The process is stopped when the datagram comes, so only the kernel can have noted it.
#[test]
fn a_server_that_gets_to_run_late_knows_when_the_question_came() {
    const STOPPED: Duration = Duration::from_millis(200);
    for &language in languages("the time of arrival") {
        let (mut server, address) = server(language, &["--interval", "0"]);
        // Linux begins to note times a moment after it was asked to.
        let known = (0..20).any(|_| {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
            server.signal(Signal::STOP);
            let sent = Timestamp::now();
            socket
                .send_to(&Packet::question(sent).pack(), address)
                .unwrap();
            thread::sleep(STOPPED);
            server.signal(Signal::CONT);
            let mut buffer = [0; SIZE];
            socket.recv(&mut buffer).unwrap();
            let answer = Packet::unpack(&buffer).unwrap();
            assert!(answer.transmit.since(sent).seconds() >= STOPPED.as_secs_f64() * 0.9);
            answer.receive.since(sent).seconds() < STOPPED.as_secs_f64() / 2.0
        });
        assert!(known, "{language:?}");
    }
}

#[test]
fn on_a_terminal_the_samples_are_drawn_and_elsewhere_not() {
    for &language in languages("the picture of the samples") {
        let (_server, address) = server(Language::Rust, &[]);
        let port = address.port().to_string();
        let args = ["--port", &port, "--count", "3", "--interval", "0"];
        let mut window = Window::open(pair(), Side::Client, language, &args, 80).unwrap();
        assert_eq!(window.end().unwrap(), 0);
        let text = window.text();
        assert_eq!(text.matches('●').count(), 3, "{text}");
        let scale = Regex::new(r"\nseconds [+-]\d+\.\d{6} … [+-]\d+\.\d{6}\r?\n   1 ").unwrap();
        assert!(scale.is_match(&text), "{text}");
        let shown = printed(client(language, address, &args[2..]));
        assert!(!shown.contains('●'), "{shown}");
    }
}

#[test]
fn a_server_beyond_the_loopback_is_asked_once_in_fifteen_seconds() {
    let Some(wire) = wire("the pause between two questions") else {
        return;
    };
    let _server = serve_at(&wire, Language::Rust, "1123", &[]);
    let address: SocketAddr = (End::Server.address(), 1123).into();
    thread::scope(|scope| {
        for &language in languages("the pause between two questions of the Python client") {
            let wire = &wire;
            scope.spawn(move || {
                let mut command = client(language, address, &["--count", "2", "--interval", "0"]);
                let begun = Instant::now();
                let output = wire.at(End::Client, || Ok(command.output()?)).unwrap();
                assert!(output.status.success(), "{output:?}");
                assert!(begun.elapsed() >= Duration::from_secs(15), "{language:?}");
            });
        }
    });
}
