//! All twenty pairs: their packets are those that tshark reads, their calls those that strace counts, their
//! steps those of the sources, and causes come before their effects.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use lab::pairs::{Language, PAIRS, Pair, Side, Transport};
use lab::steps;
use lab::trace::event::{Call, Kind, Trace, What};
use tempfile::TempDir;
use unicode_width::UnicodeWidthStr;

use crate::{packets, recorded, trace, tshark};

/// As strace, which also counts; what it writes stays in the folder `keep`.
const COUNTING: &str = r#"#!/bin/sh
for word; do
    case "$before $word" in "-o "*.strace) : > "$word" && ln "$word" '{keep}/' ;; esac
    before=$word
done
exec '{strace}' -C -U name,calls "$@"
"#;

const SENDS: &[&str] = &["sendto", "sendmsg", "write", "writev", "sendfile"];
const RECEIVES: &[&str] = &["recvfrom", "recvmsg", "read", "readv"];

/// The calls that a step's title announces, as Linux has them.
const ANNOUNCED: &[(&str, &[&str])] = &[
    ("socket", &["socket"]),
    ("setsockopt", &["setsockopt"]),
    ("bind", &["bind"]),
    ("listen", &["listen"]),
    ("connect", &["connect"]),
    ("accept", &["accept4"]),
    ("recv", RECEIVES),
    ("recvfrom", RECEIVES),
    ("sendto", SENDS),
    ("sendall", SENDS),
    ("sendfile", &["sendfile"]),
    ("shutdown", &["shutdown"]),
    ("close", &["close"]),
];

/// Steps without a call of their own: `socketserver` does it, in another file; what came with the command
/// has been received.
const ELSEWHERE: &[(&str, Side, &str)] = &[
    ("socketserver-demo", Side::Server, "close: shutdown_request"),
    ("ftp-class", Side::Server, "recv: header length, header"),
    ("ftp-class", Side::Server, "recv: the file"),
];

#[test]
fn what_a_trace_shows_is_what_tshark_and_strace_see() {
    let test = "traces against truth";
    if !(tests::tshark_or_skip(test) && tests::strace_or_skip(test) && tests::python_or_skip(test))
    {
        return;
    }
    let pairings = [
        (Language::Rust, Language::Python),
        (Language::Python, Language::Rust),
    ];
    let jobs: Vec<_> = PAIRS
        .iter()
        .flat_map(|program| pairings.map(|pairing| (program, pairing)))
        .collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(&(program, pairing)) = jobs.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    judge(program, pairing);
                }
            });
        }
    });
}

fn judge(program: &'static Pair, (server, client): (Language, Language)) {
    let folder = TempDir::with_prefix("truth-").unwrap();
    let wrapper = folder.path().join("bin");
    fs::create_dir(&wrapper).unwrap();
    let path = env::var("PATH").unwrap();
    let strace = env::split_paths(&path).map(|folder| folder.join("strace"));
    let strace = strace.into_iter().find(|path| path.is_file()).unwrap();
    let script = COUNTING
        .replace("{keep}", folder.path().to_str().unwrap())
        .replace("{strace}", strace.to_str().unwrap());
    fs::write(wrapper.join("strace"), script).unwrap();
    fs::set_permissions(wrapper.join("strace"), fs::Permissions::from_mode(0o755)).unwrap();

    let pcap = folder.path().join("packets.pcapng");
    let word = |language: Language| language.name().to_lowercase();
    let number = program.number.to_string();
    let run = || {
        let words = [
            &number,
            "--server",
            &word(server),
            "--client",
            &word(client),
        ];
        let mut command = trace(&words);
        command.env("PATH", format!("{}:{path}", wrapper.display()));
        recorded(&mut command, &pcap)
    };
    let Some(mut trace) = run() else { return };
    // While strace has stopped Python's main thread the system gives Ctrl-C to another one, and `accept` waits on.
    if trace.notes == ["the server did not end at Ctrl-C, by the signal SIGINT"] {
        for side in ["server", "client"] {
            fs::remove_file(folder.path().join(format!("{side}.strace"))).unwrap();
        }
        trace = run().unwrap();
    }
    let of = format!("{} with the {}", program.name(), trace.server);
    assert_a_narrow_picture_loses_nothing(&trace, &of);
    assert_eq!(trace.notes, [""; 0], "{of}");
    let prints_nothing = trace
        .events
        .iter()
        .any(|event| matches!(&event.what, What::Printed { text, .. } if text.is_empty()));
    assert!(!prints_nothing, "{of}");
    assert_packets_are_those_of_tshark(&trace, &pcap, &of);
    assert_causes_come_first(program.transport, &trace, &of);
    for (side, language) in [(Side::Server, server), (Side::Client, client)] {
        let log = folder.path().join(format!("{}.strace", side.name()));
        assert_calls_are_those_of_strace(&trace, side, &log, &of);
        assert_steps_are_those_of_the_source(&trace, program, side, language, &of);
        assert!(
            ends(&trace, side)
                .is_some_and(|how| how == "exited with 0" || how == "killed by SIGINT"),
            "{of}: {:?}",
            ends(&trace, side)
        );
    }
}

/// The words of a picture stand in it at any width, and no line is wider than that.
fn assert_a_narrow_picture_loses_nothing(trace: &Trace, of: &str) {
    let words = |width: usize| {
        let drawn = lab::trace::as_text(trace, width);
        let plain = anstream::adapter::strip_str(&drawn).to_string();
        for line in plain.lines() {
            assert!(line.width() <= width, "{of}: {line}");
        }
        plain.replace([' ', '\n', '│', '─', '◄', '►'], "")
    };
    // The lines of a row are one after the other: the letters are the same, in the same order.
    assert_eq!(words(80), words(200), "{of}");
}

/// The examples of the READMEs, `| \`text\` | \`68 69\` | \`48 49\` |`: the pair, its lab's README, how the row begins.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("echo-tcp", "echo-tcp", "| `hi ß` (1) |"),
    ("echo-tcp/phone", "echo-tcp", "| `hi ß` (2) |"),
    ("echo-tcp/oneshot", "echo-tcp", "| `hi` |"),
    ("socketserver-demo", "socketserver-demo", "| `hello` |"),
    ("socketserver-demo/udp", "socketserver-demo", "| `hello` |"),
];

#[test]
fn the_bytes_in_the_readmes_are_on_the_wire() {
    if !tests::python_or_skip("traces of the READMEs' examples") {
        return;
    }
    let folder = TempDir::with_prefix("examples-").unwrap();
    let pcap = folder.path().join("packets.pcapng");
    for (pair, lab, row) in EXAMPLES {
        let readme = readme_of(lab);
        let line = readme
            .lines()
            .find(|line| line.starts_with(row))
            .unwrap_or_else(|| panic!("{lab}: {row}"));
        let cells: Vec<&str> = line.split('`').skip(1).step_by(2).collect();
        let [text, question, answer] = cells[..] else {
            panic!("{lab}: {line}");
        };
        let Some(trace) = recorded(&mut trace(&[pair, "--type", text]), &pcap) else {
            return;
        };
        let said = |side: Side| {
            let sent = packets(&trace).filter(|(event, _)| event.side == side);
            let bytes: Vec<u8> = sent
                .flat_map(|(_, packet)| packet.payload.clone())
                .collect();
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            digits.join(" ")
        };
        assert_eq!(
            (said(Side::Client).as_str(), said(Side::Server).as_str()),
            (question, answer),
            "{pair}"
        );
    }
}

fn readme_of(lab: &str) -> String {
    let path = lab::run::executables::workspace()
        .join(lab)
        .join("README.md");
    fs::read_to_string(path).unwrap()
}

fn ends(trace: &Trace, side: Side) -> Option<&str> {
    let mut ends = trace.events.iter().filter(|event| event.side == side);
    ends.find_map(|event| match &event.what {
        What::Ended { how } => Some(how.as_str()),
        _ => None,
    })
}

fn assert_packets_are_those_of_tshark(trace: &Trace, pcap: &Path, of: &str) {
    let fields = [
        "tcp.srcport",
        "udp.srcport",
        "tcp.flags",
        "tcp.seq",
        "tcp.ack",
        "tcp.window_size_value",
        "tcp.payload",
        "udp.payload",
    ];
    let ours: Vec<Vec<String>> = packets(trace)
        .map(|(_, packet)| {
            assert_eq!(packet.length, packet.payload.len());
            let port = packet.from.port().to_string();
            // As the JSON has it: two digits a byte.
            let payload = serde_json::to_value(packet).unwrap()["payload"].clone();
            let payload = payload.as_str().unwrap().to_owned();
            let mut fields = vec![String::new(); fields.len()];
            if let Kind::Tcp {
                flags,
                sequence,
                acknowledgement,
                window,
            } = &packet.kind
            {
                let names = ["FIN", "SYN", "RST", "PSH", "ACK"];
                let set = |(bit, name)| u16::from(flags.split(' ').any(|flag| flag == name)) << bit;
                let bits: u16 = (0..).zip(names).map(set).sum();
                fields[0] = port;
                fields[2] = format!("0x{bits:04x}");
                fields[3] = sequence.to_string();
                fields[4] = acknowledgement.to_string();
                fields[5] = window.to_string();
                fields[6] = payload;
            } else {
                (fields[1], fields[7]) = (port, payload);
            }
            fields
        })
        .collect();
    let theirs = tshark(pcap, &[], &fields);
    for (at, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        assert_eq!(ours, theirs, "{of}: packet {at}: {fields:?}");
    }
    assert_eq!(ours.len(), theirs.len(), "{of}");
}

/// The bytes of one direction, up to an event: handed over, on the wire, taken.
#[derive(Debug, Default, PartialEq, Eq)]
struct Way {
    sent: u64,
    wire: u64,
    received: u64,
}

/// Every packet comes after its send and before its receive, and in the end all is the same.
fn assert_causes_come_first(transport: Transport, trace: &Trace, of: &str) {
    let mut ways = [Way::default(), Way::default()];
    let mut flags = Vec::new();
    let mut told = Vec::new(); // the calls of a beginning, with how many packets there were
    for event in &trace.events {
        let own = usize::from(event.side == Side::Client);
        match &event.what {
            What::Call(call) => {
                // What is only looked at is received later.
                let taken = !call.arguments.contains("MSG_PEEK");
                let bytes = call.result.parse().ok().filter(|_| taken).unwrap_or(0);
                if SENDS.contains(&call.name.as_str()) {
                    ways[own].sent += bytes;
                } else if RECEIVES.contains(&call.name.as_str()) {
                    ways[1 - own].received += bytes;
                } else if call.name == "connect" || call.name == "accept4" {
                    told.push((call.name.as_str(), flags.len()));
                }
            }
            What::Packet(packet) => {
                let length = packet.length as u64;
                let way = &mut ways[own];
                match &packet.kind {
                    Kind::Tcp {
                        flags: set,
                        sequence,
                        ..
                    } => {
                        flags.push((event.side, set.as_str()));
                        // Their numbers begin at 1, behind the SYN. Some may be sent again.
                        let end = u64::from(*sequence) + length;
                        if length > 0 {
                            way.wire = way.wire.max(end - 1);
                        }
                    }
                    _ => way.wire += length,
                }
            }
            _ => continue,
        }
        for way in &ways {
            let ordered = way.sent >= way.wire && way.wire >= way.received;
            assert!(ordered, "{of}: {way:?} at {event:?}");
        }
    }
    for way in &ways {
        assert!(
            way.sent == way.wire && way.wire == way.received,
            "{of}: {way:?}"
        );
    }
    if transport == Transport::Tcp {
        let handshake = [
            (Side::Client, "SYN"),
            (Side::Server, "SYN ACK"),
            (Side::Client, "ACK"),
        ];
        assert_eq!(flags[..3], handshake, "{of}");
        // It may be accepted long after.
        let [("connect", 0), ("accept4", 3..)] = told[..2] else {
            panic!("{of}: {told:?}");
        };
        for side in [Side::Server, Side::Client] {
            let farewell = |(from, flags): &&(Side, &str)| *from == side && flags.contains("FIN");
            assert_eq!(flags.iter().filter(farewell).count(), 1, "{of}: {flags:?}");
        }
    }
}

fn calls(trace: &Trace, side: Side) -> impl Iterator<Item = (Option<u32>, &Call)> {
    trace
        .events
        .iter()
        .filter_map(move |event| match &event.what {
            What::Call(call) if event.side == side => Some((event.step, call)),
            _ => None,
        })
}

/// By the table that strace itself makes of what has returned; of what files have too by its lines about sockets.
fn assert_calls_are_those_of_strace(trace: &Trace, side: Side, log: &Path, of: &str) {
    let log = fs::read(log).unwrap();
    let log = String::from_utf8_lossy(&log);
    let (lines, table) = log.split_once("syscall ").unwrap();
    let mut theirs = BTreeMap::new();
    for line in table.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(Ok(count))) = (words.next(), words.next().map(str::parse::<usize>))
        {
            theirs.insert(name, count);
        }
    }
    for name in ["total", "socketpair"] {
        theirs.remove(name);
    }
    for name in ["read", "readv", "write", "writev", "close"] {
        let on_socket = |line: &&str| {
            // The thread, the time, the call.
            let call = line.split_whitespace().nth(2);
            let arguments = call.and_then(|call| call.strip_prefix(name)?.strip_prefix('('));
            let file = arguments.and_then(|rest| rest.split_once('<'));
            file.is_some_and(|(_, kind)| {
                ["TCP", "UDP", "socket:"]
                    .iter()
                    .any(|of| kind.starts_with(of))
            })
        };
        theirs.insert(name, lines.lines().filter(on_socket).count());
    }
    theirs.retain(|_, count| *count > 0);
    let mut ours = BTreeMap::new();
    // Where another thread takes Ctrl-C, `accept` is begun anew, and not ended.
    let returned = |(_, call): &(_, &Call)| call.result != "the program was killed in it";
    for (_, call) in calls(trace, side).filter(returned) {
        *ours.entry(call.name.as_str()).or_insert(0) += 1;
    }
    assert_eq!(ours, theirs, "{of}: {side:?}");
}

/// What the title of a step announces is called in it.
fn assert_steps_are_those_of_the_source(
    trace: &Trace,
    program: &Pair,
    side: Side,
    language: Language,
    of: &str,
) {
    for source in steps::sources(program, side, language).unwrap() {
        for piece in source.pieces.iter().filter(|piece| piece.step.is_some()) {
            let elsewhere = |(package, at, title): &(_, Side, &str)| {
                (*package, *at) == (program.package, side) && piece.title.starts_with(title)
            };
            if ELSEWHERE.iter().any(elsewhere) {
                continue;
            }
            let words = piece.title.split(':').next().unwrap_or_default();
            for word in words.split(|letter: char| !letter.is_alphanumeric()) {
                let Some((_, names)) = ANNOUNCED.iter().find(|(announced, _)| *announced == word)
                else {
                    continue;
                };
                if word == "close" && calls(trace, side).all(|(_, call)| call.name != "close") {
                    continue; // Ctrl-C came before
                }
                let mut calls = calls(trace, side);
                assert!(
                    calls
                        .any(|(step, call)| step == piece.step
                            && names.contains(&call.name.as_str())),
                    "{of}: the {}: no call is of its step {:?} {}",
                    side.name(),
                    piece.step,
                    piece.title
                );
            }
        }
    }
}
