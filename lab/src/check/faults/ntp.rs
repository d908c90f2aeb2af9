//! A tiny time server: program 11.

use std::net::UdpSocket;

use anyhow::Result;
use common::console;
use ntp::{local_time, strftime};

use crate::check::faults::{BrokenArgs, Fault, fault};

const TARGET: &str = "ntp/server";

// A row a line.
#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault(TARGET, "answers-empty-with-empty", "default-format", r#"for the format "%Y-%m-%d %X"…; b''"#),
    fault(TARGET, "knows-no-names", "formats", r#"for the format "%a %A …; b'…%A "#),
    fault(TARGET, "knows-no-flags", "flags", "for the format …%-"),
    fault(TARGET, "refuses-unknown-directives", "passed-through", "; b'? %f %:z'"),
    fault(TARGET, "tells-utc", "time-zone", ": b'+0000 EAST'"),
    fault(TARGET, "prints-nothing", "screen", "收到客户端的命令是 %Y 年…it shows nothing more"),
    fault(TARGET, "answers-the-first-client", "several-clients", "b'two'; silence…still running"),
    fault(TARGET, "dies-of-bad-text", "invalid-utf8", "silence…exit status: 1"),
    fault(TARGET, "dies-of-a-nul", "nul", "silence…exit status: 1"),
    fault(TARGET, "shows-escapes-raw", "control-characters", r"the terminal was sent '\u{7}' raw"),
    fault(TARGET, "receives-1024-bytes", "largest-datagram", "; a datagram of 1024 bytes"),
    fault(TARGET, "dies-of-a-long-answer", "expanding-format", "silence…exit status: 1"),
    fault(TARGET, "receives-100-bytes", "kilobyte", "; a datagram of 100 bytes"),
    fault(TARGET, "answers-a-word-twice", "exactly-once", "no further datagram; one more of 5 bytes: b'hello'"),
    fault(TARGET, "remembers-forty", "vanished-clients", "the next client is answered: …silence"),
    fault(TARGET, "serves-a-thousand-only", "many-in-a-row", "client 1001 of 2,000 is answered: …silence"),
    fault(TARGET, "loses-some-of-a-burst", "burst", "b'client 9'; silence"),
];

/// Answers each datagram with the time.
pub(super) fn serve(args: &BrokenArgs, socket: &UdpSocket) -> Result<()> {
    let mut buffer = args.datagram_buffer();
    let (mut first, mut clients) = (None, Vec::new());
    let most = if args.has("serves-a-thousand-only") {
        1000
    } else {
        usize::MAX
    };
    for _ in 0..most {
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let request = &buffer[..size];
        if !args.has("prints-nothing") {
            console::print_line(format_args!("收到客户端的命令是 {}", args.text(request)))?;
        }
        let to = *first.get_or_insert(peer);
        let to = if args.has("answers-the-first-client") {
            to
        } else {
            peer
        };
        if args.has("remembers-forty") && !clients.contains(&peer) {
            clients.push(peer);
        }
        if clients.len() > 40
            || args.has("loses-some-of-a-burst") && request.starts_with(b"client 9")
        {
            continue;
        }
        let answer = time_in(args, request)?;
        socket.send_to(answer.as_bytes(), to)?;
        if args.has("answers-a-word-twice") && request == b"hello" {
            socket.send_to(answer.as_bytes(), to)?;
        }
    }
    Ok(())
}

fn time_in(args: &BrokenArgs, request: &[u8]) -> Result<String> {
    let format = match str::from_utf8(request) {
        Ok("") if args.has("answers-empty-with-empty") => "",
        Ok("") => "%Y-%m-%d %X",
        Ok(format) => format,
        Err(error) if args.has("dies-of-bad-text") => return Err(error.into()),
        Err(_) => return Ok("a time format must be UTF-8 text".to_owned()),
    };
    let format = match &*args.fault {
        "knows-no-names" => format.replace("%A", "%%A"),
        "knows-no-flags" => format.replace("%-", "%"),
        "refuses-unknown-directives" => format.replace("%Q", "?"),
        "tells-utc" => format.replace("%z", "+0000"),
        _ => format.to_owned(),
    };
    match strftime(&format, &local_time()) {
        Err(error) if args.has("dies-of-a-nul") && format.contains('\0') => Err(error.into()),
        Err(error) if args.has("dies-of-a-long-answer") && format.len() > 1000 => Err(error.into()),
        Err(error) => Ok(error.to_string()),
        Ok(text) => Ok(text),
    }
}
