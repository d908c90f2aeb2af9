//! Tiny TCP clients that exchange text: programs 1, 2, 3, 16 and 18.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};
use common::{console, notation};

use crate::check::faults::clients::typed;
use crate::check::faults::{BrokenArgs, Fault, fault};

const ECHO: &str = "echo-tcp/client";
const PHONE: &str = "echo-tcp/phone-client";
const ONESHOT: &str = "echo-tcp/oneshot-client";
const DEMO: &str = "socketserver-demo/client";
const TEXT: &str = "socketserver-demo/text-client";

// A row a line.
#[rustfmt::skip]
pub(in crate::check::faults) const FAULTS: &[Fault] = &[
    fault(ECHO, "sends-a-newline", "session", r"the message b'hello'; b'\n"),
    fault(PHONE, "forgets-the-prompt", "session", r#"">>>>"; it shows nothing more…still running"#),
    fault(ONESHOT, "prints-bytes", "session", r#"it shows "b'HELLO HELLO'"#),
    fault(DEMO, "prints-text", "session", r#"it shows "HELLO"#),
    fault(TEXT, "asks-once", "session", "the message b'hello'; 0 of 5 bytes, then the program closed"),
    fault(PHONE, "sends-latin-1", "non-ascii", r"; b'w\xf6rld"),
    fault(ECHO, "sends-nothing", "empty-line-asks-again", r#""请输入你:"; it shows "\n"#),
    fault(ECHO, "does-not-strip", "blanks-are-stripped", r"nothing is sent for the line …: b' \t  '"),
    fault(PHONE, "strips", "blanks-are-kept", "the message b'  '; 0 of 2 bytes, then silence…>>>>>>>>"),
    fault(ECHO, "asks-for-ever", "end-of-input", "it still runs…请输入你:请输入你:"),
    fault(PHONE, "fails-at-the-end", "end-of-input-is-no-error", "the program ends with status 0; exit status: 1…EOFError"),
    fault(ECHO, "receives-1024", "long-line", "(100001 characters in all); it shows"),
    fault(TEXT, "receives-once", "byte-by-byte", r#"it shows "H\nE\nL"#),
    fault(ONESHOT, "dies-of-bad-text", "invalid-utf8", "it shows nothing more…exit status: 1; …utf-8"),
    fault(TEXT, "shows-question-marks", "invalid-utf8", r#"it shows "ab?cd"#),
    fault(DEMO, "dies-of-bad-text", "invalid-utf8", "it shows nothing more…exit status: 1; …utf-8"),
    fault(PHONE, "shows-escapes-raw", "control-characters", r"the terminal was sent '\u{1b}' raw"),
    fault(DEMO, "shows-escapes-raw", "control-characters", r"the terminal was sent '\u{1b}' raw"),
    fault(ONESHOT, "receives-without-end", "endless-answer", "the program ends; it still runs"),
    fault(ECHO, "hides-the-server", "leaves-at-once", "the line names the server's address…it has left"),
    fault(DEMO, "ends-as-if-well", "leaves-at-once", "ends with status 1…; exit status: 0"),
    fault(ECHO, "takes-the-end-for-an-answer", "leaves-instead-of-answering", "s it still runs…请输入你:\n请输入你:"),
    fault(PHONE, "takes-half-an-answer", "leaves-in-mid-answer", "s it still runs…>>>>hell\n>>>>"),
    fault(ECHO, "ends-well-at-a-reset", "leaves-by-reset", "ends with status 1…; exit status: 0"),
    fault(DEMO, "spins-while-waiting", "late-answer", "it spins"),
    fault(ONESHOT, "shows-a-trace", "no-server", "exit status: 1; stderr: …Traceback"),
    fault(ECHO, "tries-for-ever", "no-server", "s it still runs"),
];

/// Talks with the server at the port, as the target does.
pub(in crate::check::faults) fn run(args: &BrokenArgs) -> Result<()> {
    let (conn, server) = connect(args)?;
    let once = args.target == ONESHOT;
    while let Some(question) = question(args)? {
        if args.has("takes-the-end-for-an-answer") && has_left(&conn)? {
            bail!("{server} has left");
        }
        let answer = send(args, &conn, &question)
            .and_then(|()| receive(args, &conn, if once { None } else { Some(question.len()) }));
        let answer = match answer {
            Ok(answer) => answer,
            Err(_) if args.has("hides-the-server") => bail!("it has left"),
            Err(_) if args.has("ends-as-if-well") => break,
            Err(error)
                if args.has("ends-well-at-a-reset")
                    && error.kind() == ErrorKind::ConnectionReset =>
            {
                break;
            }
            Err(error) => bail!("no answer from {server}: {error}"),
        };
        if args.has("dies-of-bad-text") {
            str::from_utf8(&answer)?;
        }
        console::print_line(match args.target.as_str() {
            DEMO if !args.has("prints-text") => args.repr(&answer),
            ONESHOT if args.has("prints-bytes") => notation::bytes(&answer),
            ONESHOT => format!("我收到服务端回的 {}", args.text(&answer)),
            _ => args.text(&answer),
        })?;
        if once || args.has("asks-once") {
            break;
        }
    }
    Ok(())
}

/// socket, connect.
pub(super) fn connect(args: &BrokenArgs) -> Result<(TcpStream, SocketAddr)> {
    let server = SocketAddr::from(([127, 0, 0, 1], args.port));
    loop {
        match TcpStream::connect(server) {
            Ok(conn) => return Ok((conn, server)),
            Err(_) if args.has("tries-for-ever") => thread::sleep(Duration::from_millis(100)),
            Err(error) => {
                if args.has("shows-a-trace") {
                    console::log("Traceback (most recent call last):");
                }
                bail!("no server at {server}: {error}");
            }
        }
    }
}

/// What to send next; nothing at the end of input.
fn question(args: &BrokenArgs) -> Result<Option<String>> {
    let (prompt, strips) = match args.target.as_str() {
        ECHO => ("请输入你:", true),
        PHONE if args.has("forgets-the-prompt") => ("", false),
        PHONE => (">>>>", false),
        ONESHOT => return Ok(Some("hello hello".to_owned())),
        _ => return Ok(Some("hello".to_owned())),
    };
    while let Some(line) = typed(args, prompt, strips)? {
        if !line.is_empty() || args.has("sends-nothing") {
            return Ok(Some(line));
        }
    }
    Ok(None)
}

fn send(args: &BrokenArgs, mut conn: &TcpStream, question: &str) -> io::Result<()> {
    if args.has("sends-a-newline") {
        return conn.write_all(format!("{question}\n").as_bytes());
    }
    if args.has("sends-latin-1") {
        let latin: Vec<u8> = question.chars().map(|c| c as u8).collect();
        return conn.write_all(&latin);
    }
    conn.write_all(question.as_bytes())
}

/// Receives `size` bytes; without a size until the server closes, a mebibyte at most.
fn receive(args: &BrokenArgs, mut conn: &TcpStream, size: Option<usize>) -> io::Result<Vec<u8>> {
    const MOST: usize = 1 << 20;
    conn.set_nonblocking(args.has("spins-while-waiting"))?;
    let once = args.has("receives-once") || args.has("receives-1024");
    let mut buffer = vec![
        0;
        if args.has("receives-1024") {
            1024
        } else {
            65_536
        }
    ];
    let mut answer = Vec::new();
    let wanted = size.unwrap_or(MOST);
    while answer.len() < wanted || args.has("receives-without-end") {
        let room = buffer.len().min(wanted.saturating_sub(answer.len()).max(1));
        let got = match conn.read(&mut buffer[..room]) {
            Err(error)
                if args.has("spins-while-waiting") && error.kind() == ErrorKind::WouldBlock =>
            {
                continue;
            }
            got => got?,
        };
        answer.extend_from_slice(&buffer[..got]);
        let tolerates_the_end = size.is_none() && !answer.is_empty()
            || args.has("takes-the-end-for-an-answer") && answer.is_empty()
            || args.has("takes-half-an-answer") && !answer.is_empty();
        if got == 0 && !tolerates_the_end {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if got == 0 || once {
            break;
        }
    }
    Ok(answer)
}

/// Whether the server has closed already.
fn has_left(conn: &TcpStream) -> io::Result<bool> {
    conn.set_nonblocking(true)?;
    let left = matches!(conn.peek(&mut [0]), Ok(0));
    conn.set_nonblocking(false)?;
    Ok(left)
}
