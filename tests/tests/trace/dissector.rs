//! The dissector that Wireshark loads reads what the trace's own decoder reads.

use std::path::Path;

use lab::pairs::Side;
use lab::run::executables::workspace;
use lab::trace::event::Trace;
use regex_lite::Regex;
use tempfile::TempDir;

use crate::{packets, recorded, trace, tshark};

/// Separates several values of a field in a packet; in none of them.
const BETWEEN: char = '~';

#[test]
fn wireshark_reads_the_framed_protocols_as_the_trace_does() {
    if !tests::tshark_or_skip("the dissector") {
        return;
    }
    let runs: &[&[&str]] = &[
        &["4"],
        &["13"],
        &["14"],
        &["15"],
        &["20"],
        &["--case", "small-writes"],
    ];
    let folder = TempDir::with_prefix("dissector-").unwrap();
    for run in runs {
        let pcap = folder.path().join("packets.pcapng");
        let mut command = trace(run);
        command.args(["--server", "rust", "--client", "rust"]);
        let Some(trace) = recorded(&mut command, &pcap) else {
            return;
        };
        let server = packets(&trace).next().unwrap().1.to.port();
        for side in [Side::Server, Side::Client] {
            let ours = parts(&trace, side);
            assert_eq!(
                dissected(&pcap, side, server, &[]),
                ours,
                "{run:?} {side:?}"
            );
            // By name, too, where it is not recognised.
            let decode = format!("tcp.port=={server},lab");
            let by_name = ["--disable-heuristic", "lab_tcp", "-d", &decode];
            assert_eq!(
                dissected(&pcap, side, server, &by_name),
                ours,
                "{run:?} {side:?}"
            );
        }
    }
}

/// What one side sends, by kind: commands, lengths, headers, sizes of bodies.
type Parts = [Vec<String>; 4];

/// As the trace tells it, in words.
fn parts(trace: &Trace, side: Side) -> Parts {
    let mut parts = Parts::default();
    let body = Regex::new(r"^body(?:: .*?,)? (\d+)(?: bytes$| of (\d+) now)").unwrap();
    for (event, packet) in packets(trace) {
        for line in packet.decoded.iter().filter(|_| event.side == side) {
            if let Some(command) = line.strip_prefix("command ") {
                parts[0].push(command.to_owned());
            } else if let Some(length) = line.strip_prefix("length ") {
                parts[1].push(length.to_owned());
            } else if let Some(header) =
                line.strip_prefix("JSON ").or(line.strip_prefix("bincode "))
            {
                parts[2].push(header.to_owned());
            } else if let Some(found) = body.captures(line) {
                let (now, all) = (
                    &found[1],
                    found.get(2).map_or(&found[1], |all| all.as_str()),
                );
                if now == all {
                    parts[3].push(all.to_owned());
                }
            }
        }
    }
    parts
}

/// As tshark reads it: twice, as Wireshark does when a packet is clicked.
fn dissected(pcap: &Path, side: Side, server: u16, args: &[&str]) -> Parts {
    let script = workspace().join("lab/wireshark/lab.lua");
    let script = format!("lua_script:{}", script.display());
    let direction = if side == Side::Server { "src" } else { "dst" };
    let filter = format!("lab && tcp.{direction}port == {server}");
    let aggregator = format!("aggregator={BETWEEN}");
    let mut all = vec!["-2", "-X", &script, "-Y", &filter, "-E", &aggregator];
    all.extend(args);
    let fields = [
        "lab.command",
        "lab.length",
        "lab.json",
        "lab.filename",
        "lab.md5",
        "lab.file_size",
        "lab.body",
        "_ws.lua.error",
        "lab.bad",
    ];
    let mut parts = Parts::default();
    for packet in tshark(pcap, &all, &fields) {
        let values = |at: usize| packet[at].split(BETWEEN).filter(|value| !value.is_empty());
        assert!(packet[7].is_empty() && packet[8].is_empty(), "{packet:?}");
        let line = |command: &str| common::notation::bytes(format!("{command}\n").as_bytes());
        parts[0].extend(values(0).map(line));
        parts[1].extend(values(1).map(str::to_owned));
        parts[2].extend(values(2).map(str::to_owned));
        for ((filename, md5), size) in values(3).zip(values(4)).zip(values(5)) {
            let header =
                format!("{{'filename': '{filename}', 'md5': '{md5}', 'file_size': {size}}}");
            parts[2].push(header);
        }
        parts[3].extend(values(6).map(|digits| (digits.len() / 2).to_string()));
    }
    parts
}
