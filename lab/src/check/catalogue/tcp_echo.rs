//! TCP servers that echo: programs 1, 2, 16 and 18.

use std::collections::VecDeque;
use std::time::Duration;

use common::notation;

use crate::check::Check;
use crate::check::Grade::{Protocol, Robust};
use crate::check::catalogue::exchange::{exchange, in_turns};
use crate::check::engine::context::Context;
use crate::check::engine::trial::Verdict;

const ALL: &[&str] = &[
    "echo-tcp/server",
    "echo-tcp/phone-server",
    "socketserver-demo/server",
    "socketserver-demo/text-server",
];
/// Those that answer in upper case.
const UPPER: &[&str] = &[
    "echo-tcp/server",
    "socketserver-demo/server",
    "socketserver-demo/text-server",
];
const CONCURRENT: &[&str] = &["socketserver-demo/server", "socketserver-demo/text-server"];

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "session",
        grade: Protocol,
        targets: ALL,
        sentence: "A client says three things, each after the answer to the one before; each is answered in full.",
        hint: "Loop over recv and send for as long as the client stays; send what was received, upper-cased if the lesson says so.",
        run: session,
    },
    Check {
        name: "screen",
        grade: Protocol,
        targets: ALL,
        sentence: "A client says hello, then another word; the screen shows the lesson's line for each, and nothing else.",
        hint: "stdout is the transcript: print exactly what the lesson prints, flush it, and send everything else to stderr.",
        run: screen,
    },
    Check {
        name: "non-ascii",
        grade: Protocol,
        targets: UPPER,
        sentence: "A client says `wörld 你好` in UTF-8; the answer has the same bytes, ASCII letters upper-cased.",
        hint: "bytes.upper() changes a to z and nothing else. Text that is decoded, upper-cased and encoded again has other bytes: ö becomes Ö, ß becomes SS.",
        run: non_ascii,
    },
    Check {
        name: "non-ascii",
        grade: Protocol,
        targets: &["echo-tcp/phone-server"],
        sentence: "A client says `wörld 你好` in UTF-8; the same bytes come back.",
        hint: "Send back the bytes that you received. Text that is decoded and encoded again may have other bytes, and a character that arrives in two pieces is no text at all.",
        run: non_ascii,
    },
    Check {
        name: "long-message",
        grade: Protocol,
        targets: ALL,
        sentence: "A client sends 100,000 bytes in one go; as many come back, the same ones.",
        hint: "A stream has no messages. recv gives what has come so far, so answer each piece; send may take less than it was given, sendall does not.",
        run: long_message,
    },
    Check {
        name: "byte-by-byte",
        grade: Protocol,
        targets: ALL,
        sentence: "A client sends its message one byte at a time; all of it comes back, in order.",
        hint: "Answer whatever recv gives, be it one byte. Waiting for a whole message waits for ever: nothing on the wire says where one ends.",
        run: byte_by_byte,
    },
    Check {
        name: "one-after-another",
        grade: Protocol,
        targets: &["echo-tcp/server"],
        sentence: "Five clients connect while another is served; they wait in the backlog, and are served in their order when it has left.",
        hint: "accept, serve until recv returns nothing, close, accept again. The listening socket stays open; its backlog holds who waits.",
        run: one_after_another,
    },
    Check {
        name: "one-after-another",
        grade: Robust,
        targets: &["echo-tcp/phone-server"],
        sentence: "Five clients connect while another is served; they wait in the backlog, and are served in their order when it has left.",
        hint: "When a client hangs up, recv returns nothing, again and again: break out of the loop, or nobody is served any more.",
        run: one_after_another,
    },
    Check {
        name: "side-by-side",
        grade: Protocol,
        targets: CONCURRENT,
        sentence: "Three clients are connected at once and talk in turns; each is answered at once.",
        hint: "Give each connection a thread (ThreadingTCPServer, not TCPServer), and no state that connections share.",
        run: side_by_side,
    },
    Check {
        name: "invalid-utf8",
        grade: Robust,
        targets: ALL,
        sentence: "A client sends bytes that are not UTF-8; they come back, and the conversation goes on.",
        hint: "The program echoes bytes, so it need not decode them. To show them decode with errors=\"replace\": decode() raises, and the exception ends the conversation or the server.",
        run: invalid_utf8,
    },
    Check {
        name: "shows-replacement",
        grade: Robust,
        targets: &["socketserver-demo/text-server"],
        sentence: "A client sends a byte that is not UTF-8; the screen shows U+FFFD in its place.",
        hint: "decode(\"utf-8\", errors=\"replace\") puts U+FFFD where bytes are no text, so that the reader sees that something was there.",
        run: shows_replacement,
    },
    Check {
        name: "control-characters",
        grade: Robust,
        targets: ALL,
        sentence: "A client sends NUL, bell, carriage return and a sequence that clears the terminal; they come back as they are, and the screen shows them escaped.",
        hint: "A terminal obeys escape sequences, whoever wrote them: a peer could clear the screen, retitle it, or fake output. Print repr(), or escape control characters.",
        run: control_characters,
    },
];

/// What the program answers to `said`.
fn answer(number: u8, said: &[u8]) -> Vec<u8> {
    match number {
        2 => said.to_vec(),
        _ => said.to_ascii_uppercase(),
    }
}

fn says(context: &mut Context, messages: &[&[u8]]) -> Verdict {
    let server = context.server()?;
    let mut client = server.connect()?;
    for said in messages {
        client.send(said)?;
        client.expect(&answer(context.number(), said))?;
    }
    Ok(())
}

fn session(context: &mut Context) -> Verdict {
    says(context, &[b"hello", b"a", b" three words here "])
}

fn screen(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    let mut client = server.connect()?;
    let address = notation::address(client.local()?);
    server.program()?;
    for said in [&b"hello"[..], b"it's \"me\""] {
        client.send(said)?;
        client.expect(&answer(context.number(), said))?;
        let shown = notation::bytes(said);
        server.expect_screen(&match context.number() {
            2 => format!("msg={shown} addr={address}\n"),
            18 => format!("{}\n", String::from_utf8_lossy(said)),
            _ => format!("{shown}\n"),
        })?;
    }
    Ok(())
}

fn non_ascii(context: &mut Context) -> Verdict {
    says(context, &["wörld 你好".as_bytes()])
}

fn long_message(context: &mut Context) -> Verdict {
    let said: Vec<u8> = (0..100_000_u32).map(|n| b'a' + (n % 26) as u8).collect();
    says(context, &[&said])
}

fn byte_by_byte(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let mut client = server.connect()?;
    client.send_in_pieces(b"one at a time", 1)?;
    client.expect(&answer(context.number(), b"one at a time"))
}

fn one_after_another(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let mut first = server.connect()?;
    exchange(context, &mut first)?;
    let mut waiting = VecDeque::new();
    for _ in 0..5 {
        let mut client = server.connect()?;
        client.send(b"hello")?;
        waiting.push_back(client);
    }
    // Whatever would serve them beside the first gets its turns while the first gets so many.
    for _ in 0..50 {
        exchange(context, &mut first)?;
    }
    for client in &mut waiting {
        client.expect_silence(Duration::from_millis(50))?;
    }
    exchange(context, &mut first)?;
    first.close();
    while let Some(mut next) = waiting.pop_front() {
        next.expect(&answer(context.number(), b"hello"))
            .map_err(|stop| stop.while_("the next is served when the one before has left"))?;
        next.close();
    }
    Ok(())
}

fn side_by_side(context: &mut Context) -> Verdict {
    let server = context.server()?;
    in_turns(&server, |client| exchange(context, client))
}

fn invalid_utf8(context: &mut Context) -> Verdict {
    says(context, &[b"\xff\xfe\x80 caf\xe9", b"\xe4\xbd", b"hello"])
}

fn shows_replacement(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    server.program()?;
    let mut client = server.connect()?;
    client.send(b"caf\xe9!")?;
    client.expect(b"CAF\xe9!")?;
    server.expect_screen("caf\u{fffd}!\n")
}

fn control_characters(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    let mut client = server.connect()?;
    for said in [
        &b"a\0b\x07c\rd"[..],
        b"\x1b[2J\x1b]0;mine\x07",
        b"\x9b\xc2\x9bm",
    ] {
        client.send(said)?;
        client.expect(&answer(context.number(), said))?;
    }
    exchange(context, &mut client)?;
    server.expect_harmless_screen("hello", &[])
}
