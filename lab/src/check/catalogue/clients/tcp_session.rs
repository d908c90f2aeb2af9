//! What the lessons ask of TCP clients: all ten.

use crate::check::Check;
use crate::check::Grade::{Protocol, Robust};
use crate::check::catalogue::clients::tcp_client::{TcpClient, answer};
use crate::check::engine::context::Context;
use crate::check::engine::trial::Verdict;

/// All TCP clients.
pub(super) const CLIENTS: &[&str] = &[
    "echo-tcp/client",
    "echo-tcp/phone-client",
    "echo-tcp/oneshot-client",
    "echo-tcp/framed-client",
    "ftp-simple/client",
    "ftp-simple/upload-client",
    "ftp-class/client",
    "socketserver-demo/client",
    "socketserver-demo/text-client",
    "socketserver-demo/framed-client",
];

const ECHO: &[&str] = &["echo-tcp/client", "echo-tcp/phone-client"];

const PROMPTING: &[&str] = &[
    "echo-tcp/client",
    "echo-tcp/phone-client",
    "ftp-simple/client",
    "ftp-class/client",
];

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "session",
        grade: Protocol,
        targets: CLIENTS,
        sentence: "The client connects, sends what it should, byte for byte, is answered, shows the answer as the lesson does, and goes on: with its prompt, its next message, or its end.",
        hint: "Compare the bytes below with the lesson's: a header is 4 bytes, signed, little-endian (struct.pack('i', n)), JSON has a space after each colon and comma (json.dumps), a bytes object is printed as b'HELLO', text decoded.",
        run: session,
    },
    Check {
        name: "non-ascii",
        grade: Protocol,
        targets: ECHO,
        sentence: "A line with characters beyond ASCII is typed; it goes out as UTF-8, and the answer is shown as it is.",
        hint: "What is typed is text, what is sent are bytes: encode('utf-8') on the way out, decode('utf-8') on the way in.",
        run: non_ascii,
    },
    Check {
        name: "empty-line-asks-again",
        grade: Protocol,
        targets: PROMPTING,
        sentence: "An empty line is typed; nothing is sent, and the prompt comes again.",
        hint: "TCP cannot send nothing: send(b'') sends nothing, the server does not answer, and recv waits for ever. If the line is empty, continue with the prompt.",
        run: empty_line_asks_again,
    },
    Check {
        name: "blanks-are-stripped",
        grade: Protocol,
        targets: &["echo-tcp/client"],
        sentence: "A line with blanks at both ends is typed; it goes out without them. A line of blanks counts as empty.",
        hint: "This lesson strips the line before it looks whether it is empty: input(...).strip().",
        run: blanks_are_stripped,
    },
    Check {
        name: "blanks-are-kept",
        grade: Protocol,
        targets: &["echo-tcp/phone-client"],
        sentence: "A line with blanks at both ends is typed; it goes out with them.",
        hint: "This lesson does not strip: the line goes out as it was typed, without its line ending.",
        run: blanks_are_kept,
    },
    Check {
        name: "end-of-input",
        grade: Protocol,
        targets: PROMPTING,
        sentence: "The input ends at the prompt (Ctrl-D, or the end of a file); the client closes the connection and ends.",
        hint: "At end of input there will never be another line: a loop that goes on asks for ever.",
        run: end_of_input,
    },
    Check {
        name: "end-of-input-is-no-error",
        grade: Robust,
        targets: PROMPTING,
        sentence: "The input ends at the prompt (Ctrl-D, or the end of a file); the client ends with status 0 and nothing on stderr.",
        hint: "Python's input() raises EOFError, which is a stack trace unless it is caught: catch it around the loop and end.",
        run: end_of_input_is_no_error,
    },
];

fn session(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    one_round(context, &mut client)?;
    if !matches!(context.number(), 3 | 4 | 14) {
        one_round(context, &mut client)?;
    }
    client.expect_to_go_on()
}

/// One question, and the lesson's answer.
pub(super) fn one_round(context: &Context, client: &mut TcpClient) -> Verdict {
    client.ask()?;
    client.send_answer(&answer(context.number()))?;
    client.expect_answer_shown()
}

fn non_ascii(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    let line = "wörld 你好";
    client.ask_line(line)?;
    client.stream.send(line.as_bytes())?;
    client.program.expect_screen(&format!("{line}\n"))?;
    client.expect_to_go_on()
}

fn empty_line_asks_again(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.type_in_vain("")?;
    client.type_in_vain("")?;
    client.ask()
}

fn blanks_are_stripped(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.type_in_vain(" \t  ")?;
    client.type_line("  hi there \t")?;
    client.stream.expect(b"hi there")?;
    client.stream.send(b"HI THERE")?;
    client.program.expect_screen("HI THERE\n")
}

fn blanks_are_kept(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    for line in ["  ", "  hi there "] {
        client.ask_line(line)?;
        client.stream.send(line.as_bytes())?;
        client.program.expect_screen(&format!("{line}\n"))?;
    }
    Ok(())
}

fn end_of_input(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    one_round(context, &mut client)?;
    client.expect_to_go_on()?;
    client.program.end_input();
    client.program.expect_end()?;
    client.stream.expect_closed()
}

fn end_of_input_is_no_error(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    one_round(context, &mut client)?;
    client.expect_to_go_on()?;
    client.program.end_input();
    client.program.expect_success()?;
    client.program.expect_no_errors()
}
