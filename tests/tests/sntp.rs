//! SNTP is the real protocol: our programs and those that keep the world's clocks understand each other, what our
//! client shows of a clock that is wrong is how wrong it is, and our server is no amplifier.
//!
//! chronyd (Debian's chrony) and ntpdig (Debian's ntpsec-ntpdate) run in network namespaces: the latter asks port 123 and no
//! other. None of them touches this machine's clock.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use lab::host::CannotBeSeen;
use lab::host::namespace::{End, Wire};
use lab::pairs::{Language, PAIRS, Pair, Side};
use lab::run::executables::{self, Profile};
use lab::run::process::{PATIENCE, Process};
use ntp::sntp::packet::{CLIENT, Packet, SERVER, SIZE};
use ntp::sntp::timestamp::{Span, Timestamp};
use regex_lite::Regex;
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tests::window::Window;

/// What reading two clocks one after the other may add to half of the delay, in seconds.
const READING: f64 = 0.000_002;

/// A year, and more than is left of the first era.
const YEAR: f64 = 365.25 * 86_400.0;

fn pair() -> &'static Pair {
    PAIRS.iter().find(|pair| pair.name() == "ntp/sntp").unwrap()
}

fn languages(test: &str) -> &'static [Language] {
    if tests::python_or_skip(test) {
        &Language::BOTH
    } else {
        &[Language::Rust]
    }
}

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

/// A server of ours that is ready.
fn start(mut command: Command, args: &[&str]) -> (Process, SocketAddr) {
    let process = Process::start(command.args(["--port", "0"]).args(args)).unwrap();
    let address = process.ready(PATIENCE).unwrap();
    (process, address)
}

fn server(language: Language, args: &[&str]) -> (Process, SocketAddr) {
    start(
        executables::command(pair(), Side::Server, language).unwrap(),
        args,
    )
}

/// A client of ours that asks `address`.
fn client(language: Language, address: SocketAddr, args: &[&str]) -> Command {
    let mut command = executables::command(pair(), Side::Client, language).unwrap();
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    command.args(["--host", &host, "--port", &port]).args(args);
    command
}

/// What a program printed that has ended with status 0.
fn printed(mut command: Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Fails unless each sample of `lines` (`--json`) is right about a clock that is `shift` seconds before ours.
fn assert_right(lines: &str, count: usize, shift: f64, case: &str) {
    assert_eq!(lines.lines().count(), count, "{case}: {lines}");
    for line in lines.lines() {
        let sample: Value = serde_json::from_str(line).unwrap();
        let number = |name: &str| sample[name].as_f64().unwrap();
        let (offset, delay) = (number("offset"), number("delay"));
        assert!(
            (offset - shift).abs() <= delay / 2.0 + READING,
            "{case}: {line}"
        );
        assert!(number("error") >= delay / 2.0 - READING, "{case}: {line}");
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

/// Asks until there is an answer, from a socket of its own.
fn exchange(address: SocketAddr, question: &[u8]) -> Option<Vec<u8>> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.send_to(question, address).unwrap();
    let mut buffer = [0; 2048];
    let size = socket.recv(&mut buffer).ok()?;
    Some(buffer[..size].to_vec())
}

#[test]
fn without_flags_a_server_says_that_its_clock_is_not_set() {
    for &language in languages("the server without flags") {
        let (_server, address) = start(plain_server(language), &[]);
        let answer = exchange(address, &Packet::question(Timestamp(7)).pack()).unwrap();
        let answer = Packet::unpack(&answer).unwrap();
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
        for (reference, id, name) in [("GPS", *b"GPS\0", "1"), ("192.0.2.9", [192, 0, 2, 9], "3")] {
            let flags = ["--stratum", name, "--reference", reference];
            let (_server, address) = start(plain_server(language), &flags);
            let answer = exchange(address, &Packet::question(Timestamp(7)).pack()).unwrap();
            let answer = Packet::unpack(&answer).unwrap();
            assert_eq!(
                (answer.leap, answer.stratum.to_string(), answer.reference_id),
                (0, name.to_owned(), id)
            );
            // The clock was set before the question came.
            assert!(answer.receive.since(answer.reference) > Span(0));
        }
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

/// Bytes without a pattern, other ones each time (xorshift).
struct Noise(u64);

impl Noise {
    fn new() -> Self {
        Self(Timestamp::now().0 | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, size: usize) -> Vec<u8> {
        (0..size).map(|_| self.next().to_be_bytes()[3]).collect()
    }
}

#[test]
fn no_answer_is_longer_than_its_question_and_only_questions_have_one() {
    for &language in languages("the amplification") {
        let (_server, address) = server(language, &["--interval", "0"]);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut noise = Noise::new();
        let (mut asked, mut answered, mut questions) = (0, 0, 0);
        for number in 0..2000_u64 {
            let size = usize::try_from(noise.next() % 120).unwrap();
            let datagram = noise.bytes(size);
            socket.send_to(&datagram, address).unwrap();
            let is_question = Packet::unpack(&datagram).is_some_and(|packet| packet.asks());
            asked += datagram.len();
            if is_question {
                let mut buffer = [0; 2048];
                let size = socket.recv(&mut buffer).unwrap();
                assert!(
                    size <= datagram.len(),
                    "{size} bytes for {}",
                    datagram.len()
                );
                assert_eq!(buffer[24..32], datagram[40..48], "{language:?}");
                answered += size;
                questions += 1;
            } else if number % 50 == 0 {
                // What came before has been read, and not answered: the next answer is to this question.
                let question = Packet::question(Timestamp(number)).pack();
                socket.send_to(&question, address).unwrap();
                let mut buffer = [0; 2048];
                let size = socket.recv(&mut buffer).unwrap();
                assert_eq!(
                    (size, &buffer[24..32]),
                    (SIZE, &question[40..48]),
                    "{language:?}"
                );
            }
        }
        assert!(questions > 20, "{questions}");
        assert!(answered < asked / 2, "{answered} of {asked}");
    }
}

/// A server that sends good answers, spoiled somewhere: the client takes them, refuses them or passes over them.
#[test]
fn whatever_comes_a_client_shows_a_time_or_says_why_not() {
    const RUNS: usize = 40;
    for &language in languages("the client's random answers") {
        let hostile = UdpSocket::bind("127.0.0.1:0").unwrap();
        hostile.set_read_timeout(Some(PATIENCE)).unwrap();
        let address = hostile.local_addr().unwrap();
        let mut noise = Noise::new();
        for _ in 0..RUNS {
            let mut running =
                Process::start(&mut client(language, address, &["--timeout", "0.2"])).unwrap();
            let mut buffer = [0; 2048];
            let (size, peer) = hostile.recv_from(&mut buffer).unwrap();
            let question = Packet::unpack(&buffer[..size]).unwrap();
            assert_eq!((size, question.mode), (SIZE, CLIENT));
            let now = Timestamp::now();
            let good = Packet {
                mode: SERVER,
                stratum: 1,
                origin: question.transmit,
                receive: now,
                transmit: now,
                ..Packet::question(now)
            };
            let mut spoiled = match noise.next() % 4 {
                0 => noise.bytes(SIZE),
                _ => good.pack().to_vec(),
            };
            for _ in 0..noise.next() % 6 {
                let place = usize::try_from(noise.next()).unwrap_or(usize::MAX) % SIZE;
                spoiled[place] = noise.bytes(1)[0];
            }
            if noise.next().is_multiple_of(8) {
                spoiled.truncate(usize::try_from(noise.next() % 48).unwrap());
            }
            hostile.send_to(&spoiled, peer).unwrap();
            let status = running.wait(PATIENCE).unwrap().unwrap();
            let (shown, told) = (running.stdout().text(), running.stderr().text());
            let is_right = match status.code() {
                Some(0) => shown.starts_with("offset ") && told.is_empty(),
                Some(1) => {
                    shown.is_empty() && told.lines().count() == 1 && told.starts_with("Error: ")
                }
                _ => false,
            };
            assert!(
                is_right,
                "{language:?} {spoiled:?}: {status} {shown} {told}"
            );
        }
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

/// Namespaces of the test's own, whose loopbacks are up. None where this machine does not allow it.
fn wire(test: &str) -> Option<Wire> {
    let wire = match Wire::new() {
        Ok(wire) => wire,
        Err(error) => match error.downcast::<CannotBeSeen>() {
            Ok(why) => {
                tests::skip(test, why);
                return None;
            }
            Err(error) => panic!("{error:#}"),
        },
    };
    for end in [End::Client, End::Server] {
        let up = wire.at(end, || {
            Ok(Command::new("ip")
                .args(["link", "set", "lo", "up"])
                .status()?)
        });
        assert!(up.unwrap().success());
    }
    Some(wire)
}

/// Whether a program of Debian's `package` is here.
fn is_installed(program: &str, package: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", "command -v \"$0\"", program])
        .output();
    let found = found.unwrap().status.success();
    if !found {
        tests::lacks(program, format_args!("it needs Debian's {package}"));
    }
    found
}

/// A server of ours on a port at the wire's server's end.
fn serve_at(wire: &Wire, language: Language, port: &str, args: &[&str]) -> Process {
    let mut command = executables::command(pair(), Side::Server, language).unwrap();
    command
        .args(["--host", "0.0.0.0", "--port", port])
        .args(args);
    let server = wire
        .at(End::Server, || Process::start(&mut command))
        .unwrap();
    server.ready(PATIENCE).unwrap();
    server
}

/// chronyd, which stays in the foreground, leaves the clock alone, and has no port for commands.
fn chronyd(folder: &TempDir, flags: &[&str], settings: &str) -> Command {
    let file = folder.path().join("chrony.conf");
    let id = folder.path().join("chrony.pid");
    let common = format!(
        "cmdport 0\nbindcmdaddress /\npidfile {}\nuser root\n",
        id.display()
    );
    fs::write(&file, format!("{settings}\n{common}")).unwrap();
    let mut command = Command::new("chronyd");
    command.args(flags).arg("-f").arg(file);
    command
}

#[test]
fn our_clients_understand_chronyd() {
    if !is_installed("chronyd", "chrony") {
        return;
    }
    let Some(wire) = wire("our clients with chronyd") else {
        return;
    };
    let folder = TempDir::with_prefix("chrony-").unwrap();
    let mut command = chronyd(
        &folder,
        &["-d", "-x"],
        "port 1123\nallow all\nlocal stratum 5",
    );
    let _chronyd = wire
        .at(End::Server, || Process::start(&mut command))
        .unwrap();
    let address: SocketAddr = (End::Server.address(), 1123).into();
    for &language in languages("our client with chronyd") {
        let begun = Instant::now();
        let lines = loop {
            let mut command = client(language, address, &["--json", "--timeout", "1"]);
            let output = wire.at(End::Client, || Ok(command.output()?)).unwrap();
            // It may not be there yet.
            if output.status.success() || begun.elapsed() > PATIENCE {
                break String::from_utf8(output.stdout).unwrap();
            }
            thread::sleep(Duration::from_millis(200));
        };
        // The same clock.
        assert_right(&lines, 1, 0.0, "chronyd");
        assert!(
            lines.contains("\"stratum\": 5, \"leap\": 0, \"reference\": \"127.127.1.1\""),
            "{lines}"
        );
    }
}

#[test]
fn chronyd_understands_our_servers() {
    if !is_installed("chronyd", "chrony") {
        return;
    }
    let Some(wire) = wire("chronyd with our servers") else {
        return;
    };
    for (&language, port) in languages("chronyd with our server")
        .iter()
        .zip(["1123", "1124"])
    {
        let server = serve_at(&wire, language, port, &["--shift=2.5"]);
        let folder = TempDir::with_prefix("chrony-").unwrap();
        // Asks four times, tells the offset, and ends.
        let settings = format!(
            "server {} port {port} iburst\nport 0",
            End::Server.address()
        );
        let mut command = chronyd(&folder, &["-Q", "-t", "20"], &settings);
        let output = wire.at(End::Client, || Ok(command.output()?)).unwrap();
        let told =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        let wrong = Regex::new(r"System clock wrong by (-?\d+\.\d+) seconds \(ignored\)").unwrap();
        let wrong: f64 = wrong.captures(&told).unwrap_or_else(|| panic!("{told}"))[1]
            .parse()
            .unwrap();
        assert!((wrong - 2.5).abs() < 0.1, "{language:?}: {told}");
        assert!(
            !server.stdout().text().contains("too fast"),
            "{}",
            server.stdout().text()
        );
    }
}

#[test]
fn ntpdig_understands_our_servers() {
    if !is_installed("ntpdig", "ntpsec-ntpdate") {
        return;
    }
    let Some(wire) = wire("ntpdig with our servers") else {
        return;
    };
    for &language in languages("ntpdig with our server") {
        // The same port for both: the first has ended when the second begins.
        let _server = serve_at(&wire, language, "123", &["--shift=-2.5"]);
        let mut command = Command::new("ntpdig");
        command.args(["-j", &End::Server.address().to_string()]);
        let output = wire.at(End::Client, || Ok(command.output()?)).unwrap();
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let offset = told["offset"].as_f64().unwrap();
        assert!((offset + 2.5).abs() < 0.1, "{language:?}: {told}");
        assert_eq!(
            (&told["stratum"], &told["leap"]),
            (&1.into(), &"no-leap".into())
        );
    }
}

#[test]
fn others_than_this_machine_are_asked_once_in_fifteen_seconds() {
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
