//! UDP servers at which a person types: programs 6 and 12.

use std::net::SocketAddr;

use crate::check::Check;
use crate::check::Grade::{Protocol, Robust};
use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::server::Server;
use crate::check::engine::trial::Verdict;

const ALL: &[&str] = &["echo-udp/talk-server", "qq-chat/server"];

/// The colours that program 12 itself writes.
const COLOURS: &[&str] = &["\x1b[44m", "\x1b[0m"];

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "session",
        grade: Protocol,
        targets: ALL,
        sentence: "A client writes twice and is answered twice from the keyboard; the screen shows the lesson's lines and prompts, and nothing else.",
        hint: "recvfrom, print, input, sendto, and again. A prompt has no newline and must be flushed.",
        run: session,
    },
    Check {
        name: "strips-the-answer",
        grade: Protocol,
        targets: ALL,
        sentence: "The person types a line with blanks around it; they are not sent.",
        hint: "The lesson strips the typed line: input().strip().",
        run: strips_the_answer,
    },
    Check {
        name: "non-ascii",
        grade: Protocol,
        targets: ALL,
        sentence: "The client writes `你好 ß`, the person answers `好的 é`; both arrive as UTF-8.",
        hint: "Text goes over the wire as UTF-8, both ways: encode(\"utf-8\"), decode(\"utf-8\").",
        run: non_ascii,
    },
    Check {
        name: "empty-line",
        grade: Protocol,
        targets: ALL,
        sentence: "The person types an empty line; an empty datagram is sent.",
        hint: "UDP carries empty messages: sendto(b'') sends one, and the client waits for it.",
        run: empty_line,
    },
    Check {
        name: "empty-datagram",
        grade: Protocol,
        targets: ALL,
        sentence: "A client sends an empty datagram; it is shown as an empty line of its own and can be answered.",
        hint: "b'' is a message over UDP, not the end of anything.",
        run: empty_datagram,
    },
    Check {
        name: "kilobyte",
        grade: Protocol,
        targets: ALL,
        sentence: "A client sends 1,024 bytes, the most that the lesson receives; all of it is shown, and can be answered.",
        hint: "recvfrom(n) cuts what is longer than n, without a word on Linux.",
        run: kilobyte,
    },
    Check {
        name: "two-people",
        grade: Protocol,
        targets: ALL,
        sentence: "A second person writes while the first waits for an answer; each gets the answer that was typed under the own message.",
        hint: "Send the answer to the address that came with this message. What others send meanwhile waits in the socket's buffer.",
        run: two_people,
    },
    Check {
        name: "invalid-utf8",
        grade: Robust,
        targets: ALL,
        sentence: "A client sends bytes that are not UTF-8; the screen shows U+FFFD in their place, and the conversation goes on.",
        hint: "decode() raises at the first bad byte, and one datagram from anybody ends the server: decode(errors=\"replace\").",
        run: invalid_utf8,
    },
    Check {
        name: "control-characters",
        grade: Robust,
        targets: ALL,
        sentence: "A client sends NUL, bell, and a sequence that clears the terminal; the screen shows them escaped (the lesson's own colours remain).",
        hint: "A terminal obeys escape sequences, whoever wrote them. Escape control characters before printing what a peer sent.",
        run: control_characters,
    },
    Check {
        name: "largest-datagram",
        grade: Robust,
        targets: ALL,
        sentence: "A client sends 65,507 bytes, the most that a datagram holds; all of it is shown.",
        hint: "recvfrom(1024) throws away what is longer, without a word on Linux: receive with a buffer of 65,535 bytes.",
        run: largest_datagram,
    },
    Check {
        name: "leaves-at-once",
        grade: Robust,
        targets: ALL,
        sentence: "A client writes and closes its socket before the person answers; the next client is served as ever.",
        hint: "Where a client has gone, the system may report the answer as an error of this send or of the next receive (it does on Windows, and for a connected socket on Linux): catch OSError for one message.",
        run: leaves_at_once,
    },
    Check {
        name: "end-of-input",
        grade: Robust,
        targets: ALL,
        sentence: "The keyboard ends (Ctrl-D) at the prompt; the server ends with status 0, without a stack trace.",
        hint: "input() raises EOFError when there is nothing more to read: catch it, and end.",
        run: end_of_input,
    },
];

/// What the screen shows at the start.
fn opening(number: u8) -> &'static str {
    match number {
        6 => "udp服务端开始运行了\n",
        _ => "start running...\n",
    }
}

/// What the screen shows of a message, with the prompt for the answer.
fn shown(number: u8, from: SocketAddr, text: &str) -> String {
    match number {
        6 => format!("{text}\n请输入"),
        _ => format!("来自[{from}]的一条消息:\x1b[44m{text}\x1b[0m\n回复消息:>>"),
    }
}

/// What the screen shows when an answer has been sent.
fn closing(number: u8) -> &'static str {
    match number {
        6 => opening(6),
        _ => "",
    }
}

/// A server that has said that it runs, and a client.
fn begin(context: &Context) -> Verdict<(Server, Datagrams)> {
    let mut server = context.server()?;
    server.program()?.expect_screen(opening(context.number()))?;
    let client = server.datagrams()?;
    Ok((server, client))
}

/// The client writes `said`, shown as `text`; the person types `typed`, which arrives as `answer`.
fn round(
    context: &Context,
    (server, client): (&mut Server, &mut Datagrams),
    (said, text): (&[u8], &str),
    (typed, answer): (&str, &str),
) -> Verdict {
    let number = context.number();
    let from = client.local()?;
    client.send(said)?;
    let program = server.program()?;
    program.expect_screen(&shown(number, from, text))?;
    program.type_line(typed)?;
    client.expect(answer.as_bytes())?;
    program.expect_screen(closing(number))
}

fn one_round(context: &Context, said: (&[u8], &str), typed: (&str, &str)) -> Verdict {
    let (mut server, mut client) = begin(context)?;
    round(context, (&mut server, &mut client), said, typed)
}

fn session(context: &mut Context) -> Verdict {
    let (mut server, mut client) = begin(context)?;
    for (said, typed) in [("hi", "hello"), ("how are you", "fine")] {
        round(
            context,
            (&mut server, &mut client),
            (said.as_bytes(), said),
            (typed, typed),
        )?;
    }
    Ok(())
}

fn strips_the_answer(context: &mut Context) -> Verdict {
    one_round(context, (b"hi", "hi"), ("  \thello you \t ", "hello you"))
}

fn non_ascii(context: &mut Context) -> Verdict {
    let said = "你好 ß";
    one_round(context, (said.as_bytes(), said), ("好的 é", "好的 é"))
}

fn empty_line(context: &mut Context) -> Verdict {
    one_round(context, (b"hi", "hi"), ("", ""))
}

fn empty_datagram(context: &mut Context) -> Verdict {
    one_round(context, (b"", ""), ("hello", "hello"))
}

fn two_people(context: &mut Context) -> Verdict {
    let (mut server, mut first) = begin(context)?;
    let mut second = server.datagrams()?;
    let number = context.number();
    first.send(b"one")?;
    let program = server.program()?;
    program.expect_screen(&shown(number, first.local()?, "one"))?;
    second.send(b"two")?;
    program.type_line("to the first")?;
    first.expect(b"to the first")?;
    program.expect_screen(closing(number))?;
    program.expect_screen(&shown(number, second.local()?, "two"))?;
    program.type_line("to the second")?;
    second.expect(b"to the second")
}

fn invalid_utf8(context: &mut Context) -> Verdict {
    let (mut server, mut client) = begin(context)?;
    let said = (&b"caf\xe9!"[..], "caf\u{fffd}!");
    round(
        context,
        (&mut server, &mut client),
        said,
        ("what?", "what?"),
    )?;
    round(
        context,
        (&mut server, &mut client),
        (b"hi", "hi"),
        ("ok", "ok"),
    )
}

fn control_characters(context: &mut Context) -> Verdict {
    let (mut server, client) = begin(context)?;
    client.send(b"a\0b\x07c\rd\x1b[2J\x1b]0;mine\x07 end")?;
    server.expect_harmless_screen(" end", COLOURS)
}

/// A client sends so many bytes.
fn long_message(context: &Context, size: usize) -> Verdict {
    let text: String = "0123456789abcdef".chars().cycle().take(size).collect();
    one_round(context, (text.as_bytes(), &text), ("ok", "ok"))
}

fn kilobyte(context: &mut Context) -> Verdict {
    long_message(context, 1024)
}

fn largest_datagram(context: &mut Context) -> Verdict {
    long_message(context, 65_507)
}

fn leaves_at_once(context: &mut Context) -> Verdict {
    let (mut server, gone) = begin(context)?;
    let number = context.number();
    gone.send(b"hi")?;
    let from = gone.local()?;
    drop(gone);
    let program = server.program()?;
    program.expect_screen(&shown(number, from, "hi"))?;
    program.type_line("anybody there?")?;
    program.expect_screen(closing(number))?;
    let mut next = server.datagrams()?;
    round(
        context,
        (&mut server, &mut next),
        (b"hello", "hello"),
        ("ok", "ok"),
    )
    .map_err(|stop| stop.while_("the next client is served"))
}

fn end_of_input(context: &mut Context) -> Verdict {
    let (mut server, client) = begin(context)?;
    client.send(b"hi")?;
    let program = server.program()?;
    program.expect_screen(&shown(context.number(), client.local()?, "hi"))?;
    program.end_input();
    program.expect_success()
}
