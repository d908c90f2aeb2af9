//! Tiny UDP servers at which a person types: programs 6 and 12.

use std::net::{SocketAddr, UdpSocket};

use anyhow::{Result, bail};
use common::console;

use crate::check::faults::{BrokenArgs, Fault, fault};

const TALK: &str = "echo-udp/talk-server";
const CHAT: &str = "qq-chat/server";

// A row a line.
#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault(TALK, "prompts-with-a-newline", "session", r#"it shows "\n"#),
    fault(CHAT, "prompts-with-a-newline", "session", r#"it shows "\n"#),
    fault(TALK, "keeps-the-blanks", "strips-the-answer", r": b'  \thello you \t '"),
    fault(TALK, "shows-ascii-only", "non-ascii", r#"你好 ß…it shows " \n"#),
    fault(TALK, "sends-nothing-for-an-empty-line", "empty-line", "a datagram of 0 bytes: b''; silence…still running"),
    fault(TALK, "ignores-the-empty", "empty-datagram", r#"shows "\n请输入"; it shows "udp服务端"#),
    fault(TALK, "receives-100-bytes", "kilobyte", r"characters in all); it shows …0123\n"),
    fault(TALK, "answers-the-latest", "two-people", "b'to the first'; silence"),
    fault(TALK, "dies-of-bad-text", "invalid-utf8", "caf…it shows nothing more…exit status: 1"),
    fault(CHAT, "shows-escapes-raw", "control-characters", r"the terminal was sent '\0' raw"),
    fault(TALK, "receives-1024-bytes", "largest-datagram", "characters in all); it shows …characters in all)"),
    fault(CHAT, "dies-of-a-lost-client", "leaves-at-once", "the next client is served: …it shows nothing more…exit status: 1"),
    fault(TALK, "fails-at-the-end-of-input", "end-of-input", "the program ends with status 0; exit status: 1…EOFError"),
];

/// Shows each message, and sends back what is typed.
pub(super) fn serve(args: &BrokenArgs, socket: &UdpSocket) -> Result<()> {
    let mut buffer = args.datagram_buffer();
    let talk = args.target == TALK;
    if !talk {
        console::print_line("start running...")?;
    }
    loop {
        if talk {
            console::print_line("udp服务端开始运行了")?;
        }
        let (size, mut peer) = socket.recv_from(&mut buffer)?;
        let message = &buffer[..size];
        if args.has("ignores-the-empty") && size == 0 {
            continue;
        }
        if args.has("dies-of-bad-text") {
            str::from_utf8(message)?;
        }
        let mut text = args.text(message);
        if args.has("shows-ascii-only") {
            text.retain(|c| c.is_ascii());
        }
        console::print_line(if talk { text } else { coloured(peer, &text) })?;
        let newline = if args.has("prompts-with-a-newline") {
            "\n"
        } else {
            ""
        };
        let prompt = if talk { "请输入" } else { "回复消息:>>" };
        let Some(line) = console::prompt(&format!("{prompt}{newline}"))? else {
            if args.has("fails-at-the-end-of-input") {
                bail!("EOFError");
            }
            return Ok(());
        };
        if args.has("answers-the-latest") {
            peer = latest(socket, peer)?;
        }
        let line = if args.has("keeps-the-blanks") {
            &line
        } else {
            console::strip(&line)
        };
        if args.has("sends-nothing-for-an-empty-line") && line.is_empty() {
            continue;
        }
        if args.has("dies-of-a-lost-client") {
            // A connected socket is told that nobody is there.
            socket.connect(peer)?;
            socket.send(line.as_bytes())?;
            if let Some(error) = socket.take_error()? {
                return Err(error.into());
            }
            #[cfg(unix)]
            rustix::net::connect_unspec(socket)?;
            continue;
        }
        socket.send_to(line.as_bytes(), peer)?;
    }
}

fn coloured(peer: SocketAddr, text: &str) -> String {
    format!("来自[{peer}]的一条消息:\x1b[44m{text}\x1b[0m")
}

/// Who wrote last while the person typed.
fn latest(socket: &UdpSocket, peer: SocketAddr) -> Result<SocketAddr> {
    socket.set_nonblocking(true)?;
    let latest = socket
        .peek_from(&mut [0; 1])
        .map_or(peer, |(_, latest)| latest);
    socket.set_nonblocking(false)?;
    Ok(latest)
}
