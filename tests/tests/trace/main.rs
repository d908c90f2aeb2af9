//! `cargo lab trace` against truth: what `tshark` reads in its packets, what `strace` counts of its calls.
//!
//! Where a network namespace cannot be had there are no packets to look at, and the tests are skipped.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

mod cases;
mod dissector;
mod live;
mod truth;
mod without;

use std::path::Path;
use std::process::Command;

use lab::trace::event::{Event, Packet, Trace, What};

/// `lab trace` with these arguments, and with `Command::env` and the like for the rest.
fn trace(args: &[&str]) -> Command {
    let mut command = Command::new(tests::lab());
    command.arg("trace").args(args);
    command
}

/// What a command prints, which must end well.
#[track_caller]
fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a trace as JSON tells, its packets saved in `pcap`. `None` where packets cannot be seen.
#[track_caller]
fn recorded(command: &mut Command, pcap: &Path) -> Option<Trace> {
    let output = command
        .args(["--format", "json", "--pcap"])
        .arg(pcap)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    if told.contains("a network namespace cannot be had here") {
        tests::skip("a trace with packets", told.trim());
        return None;
    }
    assert!(output.status.success(), "{command:?}: {told}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn packets(trace: &Trace) -> impl Iterator<Item = (&Event, &Packet)> {
    trace.events.iter().filter_map(|event| match &event.what {
        What::Packet(packet) => Some((event, packet)),
        _ => None,
    })
}

/// What tshark reads in the packets: these fields of each, in their order.
#[track_caller]
fn tshark(pcap: &Path, args: &[&str], fields: &[&str]) -> Vec<Vec<String>> {
    let mut command = Command::new("tshark");
    command
        .arg("-r")
        .arg(pcap)
        .args(args)
        .args(["-T", "fields"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let values = |line: &str| line.split('\t').map(str::to_owned).collect();
    printed(&mut command).lines().map(values).collect()
}
