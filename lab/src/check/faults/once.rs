//! Tiny TCP servers that serve one client: programs 3 and 4.

use std::io::{Read, Write};
use std::net::Shutdown;

use anyhow::Result;
use common::{console, header};
use serde_json::json;

use crate::check::faults::{BrokenArgs, Fault, fault, tcp};

const ONESHOT: &str = "echo-tcp/oneshot-server";
const GREETING: &str = "echo-tcp/framed-server";

// A row a line.
#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault(ONESHOT, "fails-at-the-end", "session", "the program ends with status 0; exit status: 3"),
    fault(ONESHOT, "upper-cases-bytes", "non-ascii", r"; b'STRA\xc3\x9fE"),
    fault(ONESHOT, "answers-100-bytes", "kilobyte", "100 of 1024 bytes, then the program closed"),
    fault(GREETING, "counts-one-less", "frame", r#"; b'…"size": 12}Hello Client!'"#),
    fault(ONESHOT, "dies-of-bad-text", "invalid-utf8", r"CAF\xef\xbf\xbd!'; 0 of 7 bytes, …exit status: 1"),
    fault(ONESHOT, "shows-escapes-raw", "control-characters", r"the terminal was sent '\0' raw"),
    fault(ONESHOT, "takes-a-hang-up-for-a-message", "leaves-at-once", "; the program: exit status: 0; …我收到客户端发的"),
    fault(GREETING, "panics-without-a-client", "leaves-at-once", "no stack trace; stderr shows one"),
];

/// Program 3: one message, one answer.
pub(super) fn oneshot(args: &BrokenArgs) -> Result<()> {
    let listener = tcp::listen(args)?;
    let mut buffer = [0; 1024];
    let (mut conn, size) = loop {
        let (mut conn, _) = listener.accept()?;
        let size = conn.read(&mut buffer).unwrap_or(0);
        if size > 0 || args.has("takes-a-hang-up-for-a-message") {
            break (conn, size);
        }
    };
    let said = &buffer[..size];
    if args.has("dies-of-bad-text") {
        str::from_utf8(said)?;
    }
    console::print_line(format_args!("我收到客户端发的 {}", args.text(said)))?;
    let mut answer = if args.has("upper-cases-bytes") {
        said.to_ascii_uppercase()
    } else {
        String::from_utf8_lossy(said).to_uppercase().into_bytes()
    };
    if args.has("answers-100-bytes") {
        answer.truncate(100);
    }
    conn.write_all(&answer)?;
    if args.has("fails-at-the-end") {
        std::process::exit(3);
    }
    Ok(())
}

/// Program 4: a frame for whoever connects.
pub(super) fn greeting(args: &BrokenArgs) -> Result<()> {
    let (mut conn, _) = tcp::listen(args)?.accept()?;
    let body = b"Hello Client!";
    let size = body.len() - usize::from(args.has("counts-one-less"));
    let frame = header::pack_json(&json!({"size": size}), body)?;
    let sent = conn
        .write_all(&frame)
        .and_then(|()| conn.shutdown(Shutdown::Write));
    // Whether the client is gone is known when it has closed, or reset.
    let left = conn.read(&mut [0; 1]);
    if args.has("panics-without-a-client") && (sent.is_err() || left.is_err()) {
        console::log("thread 'main' panicked at 'Broken pipe'");
    }
    Ok(())
}
