//! The programs, each in all pairings of Rust and Python: `cargo lab compare` as a test.

#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fs;
use std::process::Command;

use lab::compare::{Comparison, Difference, compare};
use lab::pairs::{Language, PAIRS, Side};
use lab::run::executables;
use lab::run::session::{self, Typing};
use regex_lite::{NoExpand, Regex};
use tempfile::TempDir;

#[test]
fn every_pairing_prints_what_the_lessons_print() {
    let languages: &[Language] = if tests::python_or_skip("the comparison with Python") {
        &Language::BOTH
    } else {
        &[Language::Rust]
    };
    let programs: Vec<_> = PAIRS.iter().collect();
    let comparisons = compare(&programs, languages, Typing::Ahead, |_| ()).unwrap();
    assert_eq!(comparisons.len(), PAIRS.len() * languages.len().pow(2));
    let differences: Vec<_> = comparisons
        .iter()
        .flat_map(|comparison| {
            let (server, client) = comparison.pairing;
            let name = format!("{} {server:?} → {client:?}", comparison.pair.name());
            comparison
                .differences()
                .into_iter()
                .map(move |difference| (name.clone(), difference))
        })
        .collect();
    assert!(differences.is_empty(), "{differences:#?}");
}

/// What differs when a Rust client talks to a Python server in which something right has become wrong.
fn differences_with(number: u8, changes: &[(&str, &str)]) -> Vec<Difference> {
    let program = PAIRS.iter().find(|program| program.number == number);
    let program = program.unwrap();
    let mut source = fs::read_to_string(executables::python_source(program, Side::Server)).unwrap();
    for (right, wrong) in changes {
        assert!(source.contains(right), "{source}");
        source = source.replace(right, wrong);
    }
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("server.py");
    fs::write(&file, source).unwrap();
    let mut server = Command::new(executables::python().unwrap());
    let modules = executables::workspace().join("common/python");
    server.arg(file).env("PYTHONPATH", modules);
    let client = executables::command(program, Side::Client, Language::Rust).unwrap();
    let comparison = Comparison {
        pair: program,
        pairing: (Language::Python, Language::Rust),
        transcripts: session::hold(&(program.session)(), server, client),
    };
    comparison.differences()
}

const MAIN: &str = "console.main(main)";

#[test]
fn a_server_that_shows_another_port_than_the_clients_differs() {
    if !tests::python_or_skip("the comparison with wrong ports") {
        return;
    }
    let right = differences_with(2, &[]);
    assert!(right.is_empty(), "{right:?}");
    for (number, right, wrong) in [
        (2, "{caller}", "{(caller[0], caller[1] + len(message))}"),
        // The same wrong port each time: only where the system tells which is the client's.
        #[cfg(target_os = "linux")]
        (2, "{caller}", "{(caller[0], caller[1] ^ 1)}"),
        #[cfg(target_os = "linux")]
        (8, "{peer}", "{(peer[0], peer[1] ^ 1)}"),
    ] {
        let differences = differences_with(number, &[(right, wrong)]);
        let [
            Difference::Text {
                side: "server",
                expected,
                printed,
            },
        ] = &differences[..]
        else {
            panic!("{wrong}: {differences:?}");
        };
        // The ports are all that differs.
        let port = Regex::new(r"\d+\)").unwrap();
        assert_eq!(port.replace_all(printed, NoExpand("{peer})")), *expected);
    }
}

#[cfg(unix)]
#[test]
fn a_server_that_does_not_end_as_it_must_differs() {
    if !tests::python_or_skip("the comparison with servers that end otherwise") {
        return;
    }
    let caught = "import signal; signal.signal(signal.SIGINT, lambda *_: sys.exit(0)); main()";
    let not_caught =
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); main()";
    // It ends before Ctrl-C comes, or does not feel it.
    let deaf = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); main()";
    let returns = ("# (8) close: `with call` ends here", "return");
    for (number, changes, complaint) in [
        (
            2,
            &[(MAIN, caught)][..],
            "the server did not end at Ctrl-C, by the signal SIGINT, but with exit status: 0",
        ),
        (2, &[(MAIN, not_caught)], "KeyboardInterrupt"),
        (
            2,
            &[returns, (MAIN, deaf)],
            "the server did not end at Ctrl-C, by the signal SIGINT, but with exit status: 0",
        ),
        (
            7,
            &[("sock.close()", "sys.exit(3)")],
            "the server did not end by itself, with status 0, but with exit status: 3",
        ),
    ] {
        let differences = differences_with(number, changes);
        let [Difference::Complaint(told)] = &differences[..] else {
            panic!("{changes:?}: {differences:?}");
        };
        assert!(told.contains(complaint), "{told}");
    }
}
