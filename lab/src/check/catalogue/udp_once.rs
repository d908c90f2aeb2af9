//! UDP servers that end by themselves: programs 7 and 10 after one datagram, 9 after three.

use std::time::Duration;

use common::notation;

use crate::check::Check;
use crate::check::Grade::{Protocol, Robust};
use crate::check::engine::context::Context;
use crate::check::engine::server::Server;
use crate::check::engine::trial::Verdict;

const ONE: &[&str] = &["echo-udp/hello-server", "echo-udp/oneshot-server"];
const THREE: &[&str] = &["echo-udp/boundaries-server"];

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "session",
        grade: Protocol,
        targets: ONE,
        sentence: "A client sends one datagram; it is answered, the screen shows the lesson's line, and the server ends with status 0.",
        hint: "recvfrom, print, sendto, close: no loop. stdout has the lesson's line and nothing else.",
        run: session,
    },
    Check {
        name: "non-ascii",
        grade: Protocol,
        targets: ONE,
        sentence: "A client sends `straße 你好 é`, whose capitals are the same in every version of Unicode; the screen shows it, and the answer is the lesson's (in program 10 what str.upper makes of it: STRASSE 你好 É).",
        hint: "Decode, upper-case the text, encode: str.upper turns ß into SS, bytes.upper leaves it alone.",
        run: non_ascii,
    },
    Check {
        name: "empty-datagram",
        grade: Protocol,
        targets: ONE,
        sentence: "A client sends an empty datagram; it is answered like any other, and the server ends with status 0.",
        hint: "Over UDP b'' is a message of its own: header and address arrive, only the data is empty.",
        run: empty_datagram,
    },
    Check {
        name: "kilobyte",
        grade: Protocol,
        targets: ONE,
        sentence: "A client sends 1,024 bytes, the most that the lesson receives; all of it is shown, and the answer comes.",
        hint: "recvfrom(n) cuts what is longer than n, without a word on Linux.",
        run: kilobyte,
    },
    Check {
        name: "three-lines",
        grade: Protocol,
        targets: THREE,
        sentence: "A client sends three datagrams back to back; the screen shows each on a line with its sender's address, nothing is answered, and the server ends with status 0.",
        hint: "Each recvfrom returns one datagram, however fast they came. Print what it returns, a tuple of bytes and address, three times.",
        run: three_lines,
    },
    Check {
        name: "three-senders",
        grade: Protocol,
        targets: THREE,
        sentence: "Three clients send one datagram each, one of them empty; the screen shows each with its own sender's address.",
        hint: "recvfrom returns the sender's address with each datagram; another may have sent the next.",
        run: three_senders,
    },
    Check {
        name: "invalid-utf8",
        grade: Robust,
        targets: ONE,
        sentence: "A client sends bytes that are not UTF-8; the screen shows U+FFFD in their place, the answer comes, and the server ends with status 0.",
        hint: "decode() raises at the first bad byte and the server dies without an answer: decode(errors=\"replace\").",
        run: invalid_utf8,
    },
    Check {
        name: "control-characters",
        grade: Robust,
        targets: ONE,
        sentence: "A client sends NUL, bell, and a sequence that clears the terminal; the answer comes, and the screen shows them escaped.",
        hint: "A terminal obeys escape sequences, whoever wrote them. Escape control characters before printing what a peer sent.",
        run: control_characters,
    },
    Check {
        name: "largest-datagram",
        grade: Robust,
        targets: ONE,
        sentence: "A client sends 65,507 bytes, the most that a datagram holds; all of it is shown, and the answer comes.",
        hint: "recvfrom(1024) throws away what is longer, without a word on Linux: receive with a buffer of 65,535 bytes.",
        run: largest_datagram,
    },
    Check {
        name: "unusual-datagrams",
        grade: Robust,
        targets: THREE,
        sentence: "A client sends bytes that are not UTF-8, a sequence that clears the terminal, and 65,507 bytes; the screen shows each as a bytes repr, whole.",
        hint: "repr() shows any bytes, harmless for the terminal. A buffer of 1,024 bytes cuts the third datagram, without a word on Linux.",
        run: unusual_datagrams,
    },
];

/// What the screen of program `number` shows of `text`, and what it answers.
fn shown_and_answered(number: u8, text: &str) -> (String, String) {
    match number {
        7 => (format!("{text}\n"), "hello".to_owned()),
        _ => (format!("收到客户端消息 {text}\n"), text.to_uppercase()),
    }
}

/// Sends `datagram`, which stands for `text`; it must be shown and answered, and the server end.
fn says(context: &Context, datagram: &[u8], text: &str) -> Verdict<Server> {
    let mut server = context.server()?;
    let mut client = server.datagrams()?;
    let (shown, answered) = shown_and_answered(context.number(), text);
    client.send(datagram)?;
    client.expect(answered.as_bytes())?;
    server.expect_screen(&shown)?;
    server.program()?.expect_success()?;
    Ok(server)
}

fn session(context: &mut Context) -> Verdict {
    says(context, b"hello server baby!", "hello server baby!").map(drop)
}

fn non_ascii(context: &mut Context) -> Verdict {
    let text = "straße 你好 é";
    says(context, text.as_bytes(), text).map(drop)
}

fn empty_datagram(context: &mut Context) -> Verdict {
    says(context, b"", "").map(drop)
}

fn three_lines(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    let mut client = server.datagrams()?;
    let address = notation::address(client.local()?);
    for datagram in [&b"hello"[..], b"world", b"sdfas"] {
        client.send(datagram)?;
    }
    server.expect_screen(&format!(
        "(b'hello', {address})\n(b'world', {address})\n(b'sdfas', {address})\n"
    ))?;
    server.program()?.expect_success()?;
    client.expect_silence(Duration::from_millis(50))
}

fn three_senders(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    for datagram in [&b"one"[..], b"", b"three"] {
        let client = server.datagrams()?;
        client.send(datagram)?;
        let (shown, address) = (
            notation::bytes(datagram),
            notation::address(client.local()?),
        );
        server.expect_screen(&format!("({shown}, {address})\n"))?;
    }
    server.program()?.expect_success()
}

fn invalid_utf8(context: &mut Context) -> Verdict {
    says(context, b"caf\xe9!", "caf\u{fffd}!").map(drop)
}

fn control_characters(context: &mut Context) -> Verdict {
    let text = "a\0b\x07c\rd\x1b[2J\x1b]0;MINE\x07";
    let mut server = context.server()?;
    let mut client = server.datagrams()?;
    let (_, answered) = shown_and_answered(context.number(), text);
    client.send(text.as_bytes())?;
    client.expect(answered.as_bytes())?;
    server.expect_harmless_screen("MINE", &[])
}

/// `size` bytes of text.
fn text(size: usize) -> String {
    "0123456789abcdef".chars().cycle().take(size).collect()
}

fn kilobyte(context: &mut Context) -> Verdict {
    let text = text(1024);
    says(context, text.as_bytes(), &text).map(drop)
}

fn largest_datagram(context: &mut Context) -> Verdict {
    let text = text(65_507);
    says(context, text.as_bytes(), &text).map(drop)
}

fn unusual_datagrams(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    let client = server.datagrams()?;
    let address = notation::address(client.local()?);
    let largest = text(65_507);
    for datagram in [&b"caf\xe9!"[..], b"\x1b[2J\0\x07", largest.as_bytes()] {
        client.send(datagram)?;
        server.expect_screen(&format!("({}, {address})\n", notation::bytes(datagram)))?;
    }
    server.program()?.expect_success()
}
