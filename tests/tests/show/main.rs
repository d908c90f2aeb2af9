//! `cargo lab show`: pictures of three programs as they must be, and of all of them nothing lost and nothing
//! too wide. `UPDATE_PICTURES=1 cargo test -p tests --test show` draws the pictures anew.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::env;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::thread;

use lab::pairs::{Language, PAIRS, Pair, Side};
use lab::{show, steps};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use regex_lite::Regex;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The programs with a picture: over TCP, over UDP, as a class.
const PICTURES: &[u8] = &[1, 7, 20];

/// From here on the languages stand beside each other.
const BESIDE: usize = 120;

/// A program as `show` draws it, without colours.
fn picture(pair: &Pair, width: usize) -> String {
    let sides =
        [Side::Server, Side::Client].map(|side| show::draw(pair, side, width, false).unwrap());
    plain(&sides.concat())
}

fn plain(text: &str) -> String {
    let colour = Regex::new("\x1b\\[[0-9;]*m").unwrap();
    colour.replace_all(text, "").into_owned()
}

fn pair(number: u8) -> &'static Pair {
    PAIRS.iter().find(|pair| pair.number == number).unwrap()
}

#[test]
fn three_programs_look_as_they_did() {
    for &number in PICTURES {
        for width in [80, 200] {
            let file = format!("tests/show/{number:02}-{width}.txt");
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            let drawn = picture(pair(number), width);
            if env::var_os("UPDATE_PICTURES").is_some() {
                fs::write(&file, &drawn).unwrap();
            }
            let golden = fs::read_to_string(&file).unwrap_or_default();
            for (at, (drawn, golden)) in drawn.lines().zip(golden.lines()).enumerate() {
                assert_eq!(drawn, golden, "{}:{}", file.display(), at + 1);
            }
            assert_eq!(
                drawn.lines().count(),
                golden.lines().count(),
                "{}",
                file.display()
            );
        }
    }
}

#[test]
fn every_picture_fits_and_shows_every_character_of_the_sources() {
    thread::scope(|scope| {
        for width in [60, 80, BESIDE, 200] {
            scope.spawn(move || {
                for pair in PAIRS {
                    assert_nothing_is_lost(pair, Side::Server, width);
                    assert_nothing_is_lost(pair, Side::Client, width);
                }
            });
        }
    });
}

fn assert_nothing_is_lost(pair: &Pair, side: Side, width: usize) {
    let name = pair.name();
    let drawn = plain(&show::draw(pair, side, width, false).unwrap());
    let mut of = [String::new(), String::new()];
    // The first line is the heading of both.
    for line in drawn.lines().skip(1) {
        assert!(line.width() <= width, "{name} at {width}: {line}");
        let (left, right) = columns(line, width);
        of[0].extend(left.split_whitespace());
        of[1].extend(right.split_whitespace());
    }
    for (language, shown) in Language::BOTH.into_iter().zip(of) {
        for source in steps::sources(pair, side, language).unwrap() {
            for line in source.text.lines() {
                let letters: String = line.split_whitespace().collect();
                assert!(shown.contains(&letters), "{name} at {width}: {line}");
            }
        }
    }
}

/// What a line shows of Rust and of Python.
fn columns(line: &str, width: usize) -> (&str, &str) {
    if width < BESIDE || line.starts_with("──") {
        return (line, line);
    }
    let mut used = 0;
    for (at, letter) in line.char_indices() {
        if used >= (width - 3) / 2 {
            return (&line[..at], line[at..].strip_prefix(" │").unwrap());
        }
        used += letter.width().unwrap_or(0);
    }
    panic!("no two columns: {line}");
}

/// The width is that of the terminal.
#[test]
fn a_narrow_terminal_has_one_language_above_the_other() {
    let size = PtySize {
        rows: 24,
        cols: 80,
        ..PtySize::default()
    };
    let pty = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(tests::lab());
    command.args(["show", "1"]);
    command.env("PAGER", "cat");
    command.env("TERM", "xterm");
    let mut reader = pty.master.try_clone_reader().unwrap();
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut drawn = Vec::new();
    let _ = reader.read_to_end(&mut drawn); // Linux ends it with an error
    assert!(child.wait().unwrap().success());
    let drawn = String::from_utf8(drawn).unwrap().replace("\r\n", "\n");
    assert!(drawn.contains("\x1b["), "no colour");
    assert_eq!(plain(&drawn), picture(pair(1), 80));
}
