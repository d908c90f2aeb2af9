//! The time server tells the time: what it answers is what Python's `time.strftime` gives for the same
//! second, in the server's time zone.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::process::Command;
use std::time::UNIX_EPOCH;

use lab::pairs::{Language, PAIRS, Pair, Side};
use lab::run::executables;
use lab::run::process::{PATIENCE, Process};
use tempfile::TempDir;

/// Every directive, with flags and widths between; `%s` tells the second that it was answered in.
const FORMAT: &str = "%s %a %A %b %B %c %C %d %D %e %F %g %G %h %H %I %j %k %l %m %M %n %p %P %r %R \
                      %S %t %T %u %U %V %w %W %x %X %y %Y %z %Z %% %-d %_H %010Y %^a %#Z %Ey %Od %Q";

fn ntp() -> &'static Pair {
    PAIRS
        .iter()
        .find(|program| program.name() == "ntp")
        .unwrap()
}

/// A server in the zone `zone`, and a question to it.
struct Server {
    socket: UdpSocket,
    address: SocketAddr,
    _process: Process,
}

impl Server {
    fn start(language: Language, zone: &str) -> Self {
        let command = executables::command(ntp(), Side::Server, language).unwrap();
        Self::run(command, zone)
    }

    fn run(mut command: Command, zone: &str) -> Self {
        let process = Process::start(command.args(["--port", "0"]).env("TZ", zone)).unwrap();
        let address = process.ready(PATIENCE).unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            socket,
            address,
            _process: process,
        }
    }

    fn ask(&self, format: &str) -> String {
        self.socket
            .send_to(format.as_bytes(), self.address)
            .unwrap();
        let mut buffer = [0; 4096];
        let size = self.socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..size].to_vec()).unwrap()
    }
}

/// What Python gives for that second in that zone.
fn python(format: &str, second: &str, zone: &str) -> String {
    let program = "import sys, time; sys.stdout.write(time.strftime(sys.argv[1], time.localtime(int(sys.argv[2]))))";
    let output = Command::new(executables::python().unwrap())
        .args(["-X", "utf8", "-c", program, format, second])
        .env("TZ", zone)
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// Of each kind one: a file, one with leap seconds, rules, too large an offset, none, nonsense.
const ZONES: [&str; 9] = [
    "Asia/Shanghai",
    "America/St_Johns",
    "right/UTC",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",
    "<-0330>+3:30:30",
    "XXX167:59:59",
    "XYZ3ABC!",
    "",
    "?",
];

#[test]
fn the_answer_is_what_python_gives_for_the_same_second() {
    if !tests::python_or_skip("the time server's answers") {
        return;
    }
    for language in Language::BOTH {
        for zone in ZONES {
            let answer = Server::start(language, zone).ask(FORMAT);
            let second = answer.split(' ').next().unwrap();
            assert_eq!(
                answer,
                python(FORMAT, second, zone),
                "{language:?} in {zone}"
            );
        }
    }
}

#[test]
fn an_empty_datagram_asks_for_date_and_time() {
    if !tests::python_or_skip("the time server's default format") {
        return;
    }
    for language in Language::BOTH {
        for zone in &ZONES[..2] {
            let server = Server::start(language, zone);
            let before: i64 = server.ask("%s").parse().unwrap();
            let answer = server.ask("");
            let after: i64 = server.ask("%s").parse().unwrap();
            let possible: Vec<_> = (before..=after)
                .map(|second| python("%Y-%m-%d %X", &second.to_string(), zone))
                .collect();
            assert!(
                possible.contains(&answer),
                "{answer} is not one of {possible:?}"
            );
        }
    }
}

/// Python's `localtime` without an argument reads a clock that is late by milliseconds; here it is late by
/// an hour, which can be seen at any time.
const LATE_CLOCK: &str = "\
import time
real = time.localtime
time.localtime = lambda second=None: real(time.time() - 3600 if second is None else second)
";

#[test]
fn the_time_is_that_of_the_exact_clock() {
    if !tests::python_or_skip("the time server's clock") {
        return;
    }
    // Python imports this module, if there is one, before the program.
    let folder = TempDir::with_prefix("late-clock-").unwrap();
    fs::write(folder.path().join("sitecustomize.py"), LATE_CLOCK).unwrap();
    let mut command = executables::command(ntp(), Side::Server, Language::Python).unwrap();
    command.env("PYTHONPATH", folder.path());
    let server = Server::run(command, "UTC");
    let asked = UNIX_EPOCH.elapsed().unwrap().as_secs();
    let answer: u64 = server.ask("%s").parse().unwrap();
    let answered = UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!(
        (asked..=answered).contains(&answer),
        "{answer}, between {asked} and {answered}"
    );
}

#[test]
fn a_zone_that_the_c_library_may_take_for_another_is_told_at_the_start() {
    let zones = TempDir::with_prefix("zones-").unwrap();
    // UTC as a file: the header, with the sizes of its tables, one kind of time, and an empty name.
    let counts = [0, 0, 0, 0, 1, 1].map(u32::to_be_bytes).concat();
    let file = [b"TZif".as_slice(), &[0; 16], &counts, &[0; 6], &[0]].concat();
    fs::write(zones.path().join("posixrules"), file).unwrap();
    for (zone, is_told) in [("XYZ3ABC", true), ("XYZ3ABC,M3.2.0,M11.1.0", false)] {
        let mut command = executables::command(ntp(), Side::Server, Language::Rust).unwrap();
        command.args(["--port", "0"]).env("TZ", zone);
        let process = Process::start(command.env("TZDIR", zones.path())).unwrap();
        process.ready(PATIENCE).unwrap();
        let told = process.stderr().text();
        assert_eq!(told.starts_with("warning: TZ=XYZ3ABC"), is_told, "{told}");
    }
}
