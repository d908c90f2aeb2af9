//! What breaks the lessons, and the formats of the picture.

use std::fs;

use lab::pairs::{self, PAIRS, Side};
use lab::run::executables::workspace;
use lab::trace::event::{Kind, Trace, What};
use quick_xml::Reader;
use quick_xml::events::Event as Xml;
use regex_lite::Regex;
use tempfile::TempDir;

use crate::{packets, printed, recorded, trace};

fn case(name: &str) -> Option<Trace> {
    let folder = TempDir::with_prefix("case-").unwrap();
    let mut command = trace(&["--case", name, "--client", "rust"]);
    recorded(&mut command, &folder.path().join("packets.pcapng"))
}

#[test]
fn a_client_that_breaks_off_resets_the_connection() {
    let Some(trace) = case("reset") else { return };
    let mut resets = packets(&trace).filter(|(_, packet)| packet.label().contains("RST"));
    assert_eq!(resets.next().unwrap().0.side, Side::Client);
    let got: usize = packets(&trace)
        .filter(|(event, _)| event.side == Side::Server)
        .map(|(_, packet)| packet.length)
        .sum();
    assert!((1..300_000).contains(&got), "{got} bytes of the file");
    assert!(packets(&trace).all(|(_, packet)| !packet.label().contains("FIN")));
}

#[test]
fn a_datagram_without_an_answer_ends_the_wait() {
    let Some(trace) = case("no-answer") else {
        return;
    };
    let senders: Vec<_> = packets(&trace).map(|(event, _)| event.side).collect();
    assert_eq!(senders, [Side::Client]);
    let failed = |what: &What| matches!(what, What::Call(call) if call.result.contains("EAGAIN"));
    assert!(trace.calls_by.is_none() || trace.events.iter().any(|event| failed(&event.what)));
    let stderr = trace.events.iter().any(|event| {
        matches!(&event.what, What::Printed { stderr: true, .. }) && event.side == Side::Client
    });
    assert!(trace.calls_by.is_none() || stderr);
}

/// The second and third part of a frame wait until the first one is acknowledged (Nagle), and the
/// acknowledgement waits for 40 ms.
#[test]
fn small_writes_wait_for_a_late_acknowledgement() {
    let Some(trace) = case("small-writes") else {
        return;
    };
    let acknowledged_late = packets(&trace)
        .zip(packets(&trace).skip(1))
        .any(|(one, two)| {
            let alone = matches!(&two.1.kind, Kind::Tcp { flags, .. } if flags == "ACK");
            one.1.length == 4
                && (two.0.side, two.1.length) == (Side::Server, 0)
                && alone
                && two.0.nanoseconds - one.0.nanoseconds > 30_000_000
        });
    assert!(
        acknowledged_late,
        "{:#?}",
        packets(&trace).collect::<Vec<_>>()
    );
    let drawn = printed(&mut trace_of_small_writes());
    assert!(drawn.contains("ms later"), "{drawn}");
}

fn trace_of_small_writes() -> std::process::Command {
    trace(&["--case", "small-writes"])
}

#[track_caller]
fn assert_is_xml(svg: &str) {
    let mut reader = Reader::from_str(svg);
    let (mut elements, mut depth) = (0, 0);
    loop {
        match reader.read_event().unwrap() {
            Xml::Start(_) => (elements, depth) = (elements + 1, depth + 1),
            Xml::End(_) => depth -= 1,
            Xml::Eof => break,
            _ => {}
        }
    }
    assert!(elements > 20 && depth == 0, "{svg}");
}

/// `cargo lab trace PAIR --format svg` has made them.
#[test]
fn the_pictures_in_the_readmes_are_of_the_pairs_that_they_name() {
    let picture =
        Regex::new(r"!\[The screens, the calls and the packets of (.+)\]\((.+)\)").unwrap();
    let mut drawn = Vec::new();
    for lab in pairs::labs() {
        let folder = workspace().join(lab);
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        for found in picture.captures_iter(&readme) {
            let svg = fs::read_to_string(folder.join(&found[2])).unwrap();
            assert_is_xml(&svg);
            let pair = PAIRS.iter().find(|pair| pair.name() == found[1]).unwrap();
            let what = format!(
                "What happened between the server in Rust and the client in Python of {} {}: {}",
                pair.number,
                pair.name(),
                pair.about
            );
            assert!(svg.contains(&format!("aria-label=\"{what}\"")), "{what}");
            drawn.push(pair.name());
        }
        assert!(drawn.iter().any(|name| name.starts_with(lab)), "{lab}");
    }
    assert!(drawn.contains(&"ntp/sntp".to_owned()), "{drawn:?}");
}

/// Two datagrams pass between them, so that there are two arrows.
#[test]
fn a_picture_is_xml_and_a_mermaid_diagram_has_a_line_an_event() {
    let args = ["10", "--client", "rust", "--all", "--format"];
    let svg = printed(trace(&args).arg("svg"));
    assert_is_xml(&svg);
    assert_eq!(svg.matches("<path").count(), 2, "{svg}");

    let mermaid = printed(trace(&args).arg("mermaid"));
    let lines: Vec<&str> = mermaid.lines().collect();
    assert_eq!(lines[0], "sequenceDiagram");
    let starts = [
        "participant ",
        "S->>C: ",
        "C->>S: ",
        "Note over S: ",
        "Note over C: ",
        "%% ",
    ];
    for line in &lines[1..] {
        let begins = starts
            .iter()
            .any(|start| line.trim_start().starts_with(start));
        assert!(begins, "{line}");
    }
    assert_eq!(mermaid.matches("->>").count(), 2, "{mermaid}");
}
