//! What may happen to TCP clients.

use crate::check::Check;
use crate::check::Grade::Robust;
use crate::check::catalogue::clients::tcp_client::{
    TcpClient, answer, expect_nothing_stored, launch, prompt, which_confirms,
};
use crate::check::catalogue::clients::tcp_session::CLIENTS;
use crate::check::catalogue::wire::frame;
use crate::check::engine::context::Context;
use crate::check::engine::trial::Verdict;

/// Those that know how long an answer is: all but program 3, where the connection's end is its end.
const COUNTING: &[&str] = &[
    "echo-tcp/client",
    "echo-tcp/phone-client",
    "echo-tcp/framed-client",
    "ftp-simple/client",
    "ftp-simple/upload-client",
    "ftp-class/client",
    "socketserver-demo/client",
    "socketserver-demo/text-client",
    "socketserver-demo/framed-client",
];

/// Those whose server sends a header first.
const FRAMED: &[&str] = &[
    "echo-tcp/framed-client",
    "ftp-simple/client",
    "ftp-simple/upload-client",
    "ftp-class/client",
    "socketserver-demo/framed-client",
];

/// Those that show an answer, as text or (4 and 16) as a bytes repr.
const SHOWING: &[&str] = &[
    "echo-tcp/client",
    "echo-tcp/phone-client",
    "echo-tcp/oneshot-client",
    "echo-tcp/framed-client",
    "socketserver-demo/client",
    "socketserver-demo/text-client",
    "socketserver-demo/framed-client",
];

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "long-line",
        grade: Robust,
        targets: &["echo-tcp/client", "echo-tcp/phone-client"],
        sentence: "A line of 100,000 bytes is typed; all of them go out, come back in pieces, and are shown.",
        hint: "send may take less than it is given (sendall does not), and recv returns what is there, at most what was asked for. Receive until as many bytes are back as were sent.",
        run: long_line,
    },
    Check {
        name: "byte-by-byte",
        grade: Robust,
        targets: CLIENTS,
        sentence: "The server's answer comes one byte at a time; the client shows the whole of it, once.",
        hint: "TCP is a stream: recv(n) returns what has come, which may be one byte of n. Receive in a loop until the message is complete: by its length, by its header, or by the connection's end.",
        run: byte_by_byte,
    },
    Check {
        name: "invalid-utf8",
        grade: Robust,
        targets: SHOWING,
        sentence: "The server answers with a byte that is not UTF-8; the client shows it as U+FFFD, or as \\xff where the lesson prints a bytes object, and goes on.",
        hint: "decode('utf-8') raises UnicodeDecodeError, and one bad byte ends the program. decode('utf-8', 'replace') shows U+FFFD in its place. A bytes object is printed as it is, with repr, and never decoded.",
        run: invalid_utf8,
    },
    Check {
        name: "control-characters",
        grade: Robust,
        targets: SHOWING,
        sentence: "The server answers with control characters and a terminal escape; the client shows them escaped, as \\x1b, and goes on.",
        hint: "A terminal obeys what it is sent: an answer could clear the screen, change its title, or forge lines. Replace each control character but newline and tab by its escaped form before printing; repr does so for a bytes object.",
        run: control_characters,
    },
    Check {
        name: "endless-answer",
        grade: Robust,
        targets: &["echo-tcp/oneshot-client"],
        sentence: "The server never stops sending; the client ends by itself.",
        hint: "Who reads until the other side closes lets that side decide how much memory it takes. Set a limit, and end with an error beyond it.",
        run: endless_answer,
    },
    Check {
        name: "leaves-at-once",
        grade: Robust,
        targets: CLIENTS,
        sentence: "The server accepts the connection and closes it; the client says in one line on stderr which server that was, and ends with status 1. It stores nothing.",
        hint: "recv returns b'' when the other side has closed, and will do so for ever: that is no message, it is the end. Check for it after each recv, and catch ConnectionError around send.",
        run: leaves_at_once,
    },
    Check {
        name: "leaves-instead-of-answering",
        grade: Robust,
        targets: CLIENTS,
        sentence: "The server receives and closes without an answer; the client says so in one line on stderr, and ends with status 1. It stores nothing.",
        hint: "recv returns b'' when the other side has closed: that is not an empty answer. An upload without an answer is unconfirmed, and must be called so.",
        run: leaves_instead_of_answering,
    },
    Check {
        name: "leaves-in-mid-length",
        grade: Robust,
        targets: FRAMED,
        sentence: "The server closes after 2 of the 4 bytes of the header's length; the client says so in one line on stderr, and ends with status 1.",
        hint: "recv(4) may return 2 bytes, and struct.unpack fails with them. Receive until 4 are there, and treat the end before that as an error of the connection.",
        run: leaves_in_mid_length,
    },
    Check {
        name: "leaves-in-mid-header",
        grade: Robust,
        targets: FRAMED,
        sentence: "The server closes in the middle of the header; the client says so in one line on stderr, and ends with status 1. It stores nothing.",
        hint: "Receive until the header is complete. If b'' comes before that, the other side has left: half a header must not be parsed.",
        run: leaves_in_mid_header,
    },
    Check {
        name: "leaves-in-mid-answer",
        grade: Robust,
        targets: COUNTING,
        sentence: "The server closes before the last byte of its answer; the client says so in one line on stderr, and ends with status 1. It stores nothing.",
        hint: "The client knows how much must come. When b'' comes before that, the answer is not whole: say so, and do not take it for an answer. A loop that only counts bytes never ends.",
        run: leaves_in_mid_answer,
    },
    Check {
        name: "leaves-by-reset",
        grade: Robust,
        targets: CLIENTS,
        sentence: "The server resets the connection instead of answering; the client says so in one line on stderr, and ends with status 1. It stores nothing.",
        hint: "A reset is an exception where a goodbye is an empty recv: ConnectionResetError, a kind of OSError. Catch it where the conversation is, and say which server it was.",
        run: leaves_by_reset,
    },
    Check {
        name: "late-answer",
        grade: Robust,
        targets: CLIENTS,
        sentence: "The server takes a second to answer; the client waits without burning processor time, and shows the answer.",
        hint: "recv sleeps until something comes. A loop around a socket that does not block keeps a processor busy instead.",
        run: late_answer,
    },
    Check {
        name: "no-server",
        grade: Robust,
        targets: CLIENTS,
        sentence: "Nobody listens at the server's address; the client says so in one line on stderr that names the address, and ends with status 1.",
        hint: "connect raises ConnectionRefusedError, and a stack trace helps nobody. Catch it and say which address refused, and how to start the server.",
        run: no_server,
    },
];

fn long_line(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    let line = "hello".repeat(20_000);
    client.type_line(&line)?;
    let mut left = line.as_bytes();
    while !left.is_empty() {
        // Answered while it comes: the client may await its first half before it sends the second.
        let piece = client.stream.receive_some()?;
        let Some(rest) = left.strip_prefix(&*piece) else {
            return Err(context.fail("the line as it was typed", "other bytes"));
        };
        client.stream.send(&piece)?;
        left = rest;
    }
    client.program.expect_screen(&format!("{line}\n"))?;
    client.expect_to_go_on()
}

fn byte_by_byte(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    client.stream.send_in_pieces(&answer(context.number()), 1)?;
    client.send_answer(b"")?;
    client.expect_answer_shown()?;
    client.expect_to_go_on()
}

/// The server's answer to a question of five bytes, of which this must be as many.
fn say(context: &Context, client: &mut TcpClient, five: &[u8]) -> Verdict {
    client.ask()?;
    match context.number() {
        4 => client.send_answer(&frame(r#"{"size": 5}"#, five)),
        20 => client.send_answer(&frame(r#"{"data_size": 5}"#, five)),
        _ => client.send_answer(five),
    }
}

fn invalid_utf8(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    say(context, &mut client, b"ab\xffcd")?;
    client.program.expect_screen(match context.number() {
        3 => "我收到服务端回的 ab\u{fffd}cd\n",
        4 | 16 => "b'ab\\xffcd'\n",
        _ => "ab\u{fffd}cd\n",
    })?;
    client.expect_to_go_on()
}

fn control_characters(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    say(context, &mut client, b"a\x1b\x07\rb")?;
    // How they are shown is the program's affair, as long as no terminal obeys.
    client.program.await_screen("a")?;
    client.program.await_screen(match context.number() {
        4 | 16 => "b'\n",
        _ => "b\n",
    })?;
    client.program.expect_harmless_screen(&[])?;
    client.expect_to_go_on()
}

fn endless_answer(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    client.stream.send_until_stuck(&vec![b'x'; 64 * 1024])?;
    client.program.expect_end().map(|_| ())
}

fn leaves_at_once(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.stream.close();
    if let Some(prompt) = prompt(context.number()) {
        client.program.expect_screen(prompt)?;
        // It may have noticed by itself, and have ended.
        let _ = client.program.process().type_text("get a.txt\n");
    }
    which_confirms(
        context.number(),
        client.program.expect_error(client.address),
    )?;
    expect_nothing_stored(context)
}

fn leaves_instead_of_answering(context: &mut Context) -> Verdict {
    leaves_after(context, |_| 0)
}

fn leaves_in_mid_length(context: &mut Context) -> Verdict {
    leaves_after(context, |_| 2)
}

fn leaves_in_mid_header(context: &mut Context) -> Verdict {
    leaves_after(context, |_| 4 + 7)
}

fn leaves_in_mid_answer(context: &mut Context) -> Verdict {
    leaves_after(context, |size| size - 1)
}

/// Says goodbye after a part of the answer.
fn leaves_after(context: &Context, part: fn(usize) -> usize) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    let answer = answer(context.number());
    client.stream.send(&answer[..part(answer.len())])?;
    client.stream.close();
    which_confirms(
        context.number(),
        client.program.expect_error(client.address),
    )?;
    expect_nothing_stored(context)
}

fn leaves_by_reset(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    client.stream.reset();
    which_confirms(
        context.number(),
        client.program.expect_error(client.address),
    )?;
    expect_nothing_stored(context)
}

fn late_answer(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    client.program.expect_idle()?;
    client.send_answer(&answer(context.number()))?;
    client.expect_answer_shown()?;
    client.expect_to_go_on()
}

fn no_server(context: &mut Context) -> Verdict {
    let nobody = context.vacancy()?;
    launch(context, &[], nobody.address())?.expect_error(nobody.address())
}
