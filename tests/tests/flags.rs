//! The programs' flags: the same in both languages, with the same defaults, and a clear answer
//! to those who mistype one.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::collections::BTreeMap;

use lab::pairs::{Language, PAIRS, Pair, Side};
use lab::run::executables;
use lab::run::process::{PATIENCE, Process};

/// What a program prints and how it ends when it is started with `arguments`.
struct Outcome {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

fn run(program: &Pair, side: Side, language: Language, arguments: &[&str]) -> Outcome {
    let mut command = executables::command(program, side, language).unwrap();
    // Wide enough for argparse to break no line.
    command.args(arguments).env("COLUMNS", "1000");
    let mut process = Process::start(&mut command).unwrap();
    process.end_input();
    let status = process.wait(PATIENCE).unwrap();
    Outcome {
        status: status.and_then(|status| status.code()),
        stdout: process.stdout().text(),
        stderr: process.stderr().text(),
    }
}

/// The flags of a `--help`, each with the default that it tells.
fn flags(program: &Pair, side: Side, language: Language) -> BTreeMap<String, String> {
    let help = run(program, side, language, &["--help"]);
    assert_eq!(help.status, Some(0), "{}", help.stderr);
    let lines = help.stdout.lines().map(str::trim_start);
    lines
        .filter(|line| line.starts_with("--"))
        .map(|line| {
            let flag = line.split_whitespace().next().unwrap_or_default();
            // clap writes [default: "a b"], argparse (default: a b).
            let default = line.split_once("default: ").map_or("", |(_, rest)| rest);
            let default = default.trim_end_matches([']', ')']).trim_matches('"');
            (flag.to_owned(), default.to_owned())
        })
        .collect()
}

fn sides() -> impl Iterator<Item = (&'static Pair, Side)> {
    PAIRS
        .iter()
        .flat_map(|program| [Side::Server, Side::Client].map(|side| (program, side)))
}

#[test]
fn both_languages_take_the_same_flags_with_the_same_defaults() {
    if !tests::python_or_skip("the comparison of the flags") {
        return;
    }
    for (program, side) in sides() {
        let rust = flags(program, side, Language::Rust);
        assert!(rust.contains_key("--port"), "{rust:?}");
        assert_eq!(
            rust,
            flags(program, side, Language::Python),
            "{} {side:?}",
            program.name()
        );
    }
}

#[test]
fn what_is_mistyped_is_a_usage_error_that_says_what_is_wrong() {
    let mistyped = [
        ("--port", "70000"),
        ("--port", "x"),
        ("--port", "-1"),
        ("--port", " 80"),
        ("--port", "8_0"),
        ("--port", "\u{ff18}0"),
        ("--backlog", "99999999999"),
        ("--backlog", "many"),
        ("--timeout", "soon"),
        ("--timeout", "-1"),
        ("--timeout", "1e300"),
        ("--interval", "9223372037"),
        ("--interval", "nan"),
        ("--interval", "1_0"),
        ("--count", "1.5"),
        ("--count", "1_0"),
        ("--dir", ""),
        ("--contacts", ""),
        ("--no-such-flag", ""),
    ];
    for language in [Language::Rust, Language::Python] {
        if language == Language::Python && !tests::python_or_skip("the usage errors") {
            return;
        }
        // One of each kind; all take their flags from one place.
        for (name, side) in [
            ("echo-tcp", Side::Server),
            ("echo-udp", Side::Client),
            ("ftp-simple", Side::Client),
            ("qq-chat", Side::Client),
        ] {
            let program = PAIRS.iter().find(|program| program.name() == name);
            let program = program.unwrap();
            let takes = flags(program, side, language);
            for (flag, value) in mistyped {
                if flag != "--no-such-flag" && !takes.contains_key(flag) {
                    continue;
                }
                let Outcome {
                    status,
                    stdout,
                    stderr,
                } = run(program, side, language, &[flag, value]);
                let case = format!("{language:?} {name} {flag} {value}: {stderr}");
                assert_eq!((status, stdout.as_str()), (Some(2), ""), "{case}");
                assert!(stderr.contains(flag), "{case}");
                // The names of Python's functions and of its errors are nobody's business.
                assert!(
                    !stderr.contains(" _") && !stderr.contains("Traceback"),
                    "{case}"
                );
            }
        }
    }
}

#[test]
fn a_message_may_begin_with_a_hyphen() {
    for (name, side) in [
        ("echo-udp", Side::Client),
        ("echo-udp/oneshot", Side::Client),
        ("echo-tcp/oneshot", Side::Client),
        ("echo-tcp/framed", Side::Server),
    ] {
        let program = PAIRS.iter().find(|program| program.name() == name);
        for language in [Language::Rust, Language::Python] {
            if language == Language::Python && !tests::python_or_skip("the hyphens") {
                return;
            }
            for message in ["-1", "- a"] {
                // The help is shown only if all before it is understood.
                let arguments = ["--message", message, "--help"];
                let outcome = run(program.unwrap(), side, language, &arguments);
                assert_eq!(outcome.status, Some(0), "{name} {}", outcome.stderr);
            }
        }
    }
}

#[test]
fn a_client_of_a_plain_stream_refuses_an_empty_message() {
    for name in ["echo-tcp/oneshot", "socketserver-demo"] {
        let program = PAIRS.iter().find(|program| program.name() == name);
        for language in [Language::Rust, Language::Python] {
            if language == Language::Python && !tests::python_or_skip("the empty message") {
                return;
            }
            let arguments = ["--message", ""];
            let outcome = run(program.unwrap(), Side::Client, language, &arguments);
            let why = "TCP cannot send an empty message (UDP can): give --message a text";
            assert!(outcome.stderr.contains(why), "{name} {}", outcome.stderr);
            assert_eq!(outcome.status, Some(2), "{name} {language:?}");
        }
    }
}
