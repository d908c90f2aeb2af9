//! TCP servers that serve one client and end: programs 3 and 4.

use serde_json::json;

use crate::check::Check;
use crate::check::Grade::{Protocol, Robust};
use crate::check::catalogue::wire::json_frame;
use crate::check::engine::context::Context;
use crate::check::engine::server::Server;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::Verdict;

const ONESHOT: &[&str] = &["echo-tcp/oneshot-server"];
const GREETING: &[&str] = &["echo-tcp/framed-server"];

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "session",
        grade: Protocol,
        targets: ONESHOT,
        sentence: "A client sends `hello hello`; the answer is `HELLO HELLO`, the connection is closed, the screen shows the lesson's line, and the server ends with status 0.",
        hint: "accept, recv, print, send, close: no loop. stdout has the lesson's line and nothing else.",
        run: session,
    },
    Check {
        name: "non-ascii",
        grade: Protocol,
        targets: ONESHOT,
        sentence: "A client sends `straße 你好 é`, whose capitals are the same in every version of Unicode; the answer is what str.upper makes of it: `STRASSE 你好 É`.",
        hint: "Decode, upper-case the text, encode: str.upper turns ß into SS, bytes.upper leaves it alone.",
        run: non_ascii,
    },
    Check {
        name: "kilobyte",
        grade: Protocol,
        targets: ONESHOT,
        sentence: "A client sends 1,024 bytes, the most that the lesson receives; all of it is shown and answered.",
        hint: "recv(n) returns n bytes at most, and send may take less than it is given: sendall does not.",
        run: kilobyte,
    },
    Check {
        name: "frame",
        grade: Protocol,
        targets: GREETING,
        sentence: "A client connects; it gets 12 as 4 bytes, little-endian, the JSON {\"size\": 13} exactly as json.dumps writes it, and `Hello Client!`; the connection is closed, and the server ends with status 0.",
        hint: "struct.pack('i', len(header)), then the header, then the body. size counts the body's bytes.",
        run: greeting,
    },
    Check {
        name: "invalid-utf8",
        grade: Robust,
        targets: ONESHOT,
        sentence: "A client sends bytes that are not UTF-8; they are answered and shown as text with U+FFFD in place of what is none.",
        hint: "decode() raises at the first bad byte and the server dies without an answer: decode(errors=\"replace\").",
        run: invalid_utf8,
    },
    Check {
        name: "control-characters",
        grade: Robust,
        targets: ONESHOT,
        sentence: "A client sends NUL, bell, and a sequence that clears the terminal; they come back as they are, and the screen shows them escaped.",
        hint: "A terminal obeys escape sequences, whoever wrote them. Escape control characters before printing what a peer sent.",
        run: control_characters,
    },
    Check {
        name: "leaves-at-once",
        grade: Robust,
        targets: ONESHOT,
        sentence: "Clients connect and close, or reset, without a word; the server waits for one that says something, and serves it.",
        hint: "recv returns b'' when the client has left, and raises when it has reset: neither is the message that the server waits for. Accept the next.",
        run: leaves_at_once,
    },
    Check {
        name: "leaves-at-once",
        grade: Robust,
        targets: GREETING,
        sentence: "A client connects and resets at once; the server ends, without a stack trace.",
        hint: "Sending to a client that is gone raises BrokenPipeError or ConnectionResetError: catch OSError, say in one line what happened, and end.",
        run: greets_nobody,
    },
];

/// A client sends `said`, shown as `shown` and answered with `answer`; then both end.
fn says(server: &mut Server, said: &[u8], shown: &str, answer: &str) -> Verdict {
    let mut client = server.connect()?;
    client.send(said)?;
    client.expect(answer.as_bytes())?;
    client.expect_closed()?;
    // Without TIME_WAIT: the next check may need the port.
    client.reset();
    server.expect_screen(&format!("我收到客户端发的 {shown}\n"))?;
    server.program()?.expect_success()
}

fn session(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    says(&mut server, b"hello hello", "hello hello", "HELLO HELLO")
}

fn non_ascii(context: &mut Context) -> Verdict {
    let text = "straße 你好 é";
    let mut server = context.server()?;
    says(&mut server, text.as_bytes(), text, "STRASSE 你好 É")
}

fn kilobyte(context: &mut Context) -> Verdict {
    let text = "0123456789abcdef".repeat(64);
    let mut server = context.server()?;
    says(&mut server, text.as_bytes(), &text, &text.to_uppercase())
}

fn greeting(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    let mut client = server.connect()?;
    client.expect(&json_frame(&json!({"size": 13}), b"Hello Client!")?)?;
    client.expect_closed()?;
    // Without TIME_WAIT: the next check may need the port.
    client.reset();
    server.program()?.expect_success()
}

fn invalid_utf8(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    says(&mut server, b"caf\xe9!", "caf\u{fffd}!", "CAF\u{fffd}!")
}

fn control_characters(context: &mut Context) -> Verdict {
    let text = b"A\0B\x07C\rD\x1b[2J\x1b]0;MINE\x07 END";
    let mut server = context.server()?;
    let mut client = server.connect()?;
    client.send(text)?;
    client.expect(text)?;
    server.expect_harmless_screen(" END", &[])
}

fn leaves_at_once(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    for leave in [Stream::close, Stream::reset, Stream::close] {
        leave(server.connect()?);
    }
    says(&mut server, b"hello", "hello", "HELLO")
}

fn greets_nobody(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    server.connect()?.reset();
    let program = server.program()?;
    program.expect_end()?;
    program.expect_no_stack_trace()
}
