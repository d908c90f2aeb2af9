//! What Python reads in a JSON header, the Rust programs read too and show alike; what one language
//! refuses, the other refuses in the same words.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use common::header;
use lab::pairs::{Language, PAIRS, Side};
use lab::run::executables;
use lab::run::process::{PATIENCE, Process};

const DOWNLOAD: u8 = 13;
const UPLOAD: u8 = 14;

fn command(number: u8, side: Side, language: Language) -> Command {
    let program = PAIRS.iter().find(|program| program.number == number);
    executables::command(program.unwrap(), side, language).unwrap()
}

/// What the download client prints of a header, up to its next prompt, and warns of.
fn shown(language: Language, header: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let mut command = command(DOWNLOAD, Side::Client, language);
    command.args(["--port", &port, "--dir"]).arg(folder.path());
    let mut client = Process::start(&mut command).unwrap();
    client.type_text("get a.txt\n").unwrap();
    let (mut conn, _) = listener.accept().unwrap();
    conn.set_read_timeout(Some(PATIENCE)).unwrap();
    BufReader::new(&conn).read_line(&mut String::new()).unwrap();
    conn.write_all(&header::pack(header.as_bytes(), b"").unwrap())
        .unwrap();
    client.end_input();
    client.wait(PATIENCE).unwrap().unwrap();
    (client.stdout().text(), client.stderr().text())
}

#[test]
fn a_client_shows_what_nobody_uses_as_python_does() {
    if !tests::python_or_skip("JSON headers") {
        return;
    }
    // The md5 is that of nothing.
    let header = r#"{"filename": "a.txt", "filemd5": "d41d8cd98f00b204e9800998ecf8427e",
        "filesize": -0, "inode": 123456789012345678901234567890, "least": -9223372036854775809,
        "zero": -0, "far": 1e999, "price": 1.50, "deep": [[[[-1E+999]]]], "far": 1E5}"#;
    let dict = "报头字典 {'filename': 'a.txt', 'filemd5': 'd41d8cd98f00b204e9800998ecf8427e', \
        'filesize': 0, 'inode': 123456789012345678901234567890, 'least': -9223372036854775809, \
        'zero': 0, 'far': 100000.0, 'price': 1.5, 'deep': [[[[-inf]]]]}";
    for language in Language::BOTH {
        let (stdout, stderr) = shown(language, header);
        assert!(stdout.contains(dict), "{language:?}: {stdout}{stderr}");
        assert!(
            stdout.contains("执行结束"),
            "{language:?}: {stdout}{stderr}"
        );
    }
}

/// What the upload server says about that header.
fn refusal(server: &Process, header: &str) -> String {
    let mut conn = TcpStream::connect(server.ready(PATIENCE).unwrap()).unwrap();
    conn.set_read_timeout(Some(PATIENCE)).unwrap();
    conn.write_all(&header::pack(header.as_bytes(), b"").unwrap())
        .unwrap();
    let answer = header::read_json(&mut conn).unwrap().unwrap();
    header::string(&answer, "error").unwrap().to_owned()
}

#[test]
fn a_server_refuses_in_the_same_words_as_python() {
    if !tests::python_or_skip("JSON headers") {
        return;
    }
    let nested = format!(r#"{{"file_size": {}{}}}"#, "[".repeat(200), "]".repeat(200));
    let digits = format!(r#"{{"file_size": {}}}"#, "7".repeat(5000));
    let headers = [
        (
            "{'file_size': 3}",
            "bad header: not JSON: b\"{'file_size': 3}\"",
        ),
        ("\u{feff}{}", r"bad header: not JSON: b'\xef\xbb\xbf{}'"),
        (r#"{"a": NaN}"#, r#"bad header: not JSON: b'{"a": NaN}'"#),
        (
            r#"{"a": "\ud800"}"#,
            r#"bad header: not JSON: b'{"a": "\\ud800"}'"#,
        ),
        (&nested, "bad header: nested more than 100 deep: "),
        (&digits, "bad header: a number of more than 4300 digits: "),
        ("[]", "bad header: not a JSON object"),
    ];
    for language in Language::BOTH {
        let folder = tempfile::tempdir().unwrap();
        let mut command = command(UPLOAD, Side::Server, language);
        command.args(["--port", "0", "--dir"]).arg(folder.path());
        let server = Process::start(&mut command).unwrap();
        for (header, expected) in headers {
            let said = refusal(&server, header);
            assert!(said.starts_with(expected), "{language:?}: {said}");
        }
    }
}
