//! SNTP is the real protocol: our programs and those that keep the world's clocks understand each other, what our
//! client shows of a clock that is wrong is how wrong it is, and our server is no amplifier.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

mod foreign;
mod hostile;
mod ours;
mod wire;

use std::net::SocketAddr;
use std::process::Command;

use lab::pairs::{Language, PAIRS, Pair, Side};
use lab::run::executables;
use lab::run::process::{PATIENCE, Process};
use serde_json::Value;

/// What reading two clocks one after the other may add to half of the delay, in seconds.
const READING: f64 = 0.000_002;

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
