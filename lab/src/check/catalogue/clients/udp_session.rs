//! What the lessons ask of UDP clients: programs 5 to 12, 17 and 19.

use crate::check::Check;
use crate::check::Grade::{Protocol, Robust};
use crate::check::catalogue::clients::udp_client::{CONTACTS, UdpClient, prompt, type_question};
use crate::check::engine::context::Context;
use crate::check::engine::trial::Verdict;

/// Those that await an answer: all but the one that only sends.
pub(super) const ASKING: &[&str] = &[
    "echo-udp/client",
    "echo-udp/talk-client",
    "echo-udp/hello-client",
    "echo-udp/ack-client",
    "echo-udp/oneshot-client",
    "ntp/client",
    "qq-chat/client",
    "socketserver-demo/udp-client",
    "socketserver-demo/udp-text-client",
];

const PROMPTING: &[&str] = &[
    "echo-udp/talk-client",
    "echo-udp/ack-client",
    "ntp/client",
    "qq-chat/client",
];

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "session",
        grade: Protocol,
        targets: ASKING,
        sentence: "The client sends what it should, is answered, shows the answer as the lesson does, and goes on: with its prompt, its next message, or its end.",
        hint: "sendto the bytes and nothing else, recvfrom the answer, print it exactly as the lesson prints it: a bytes object as b'HELLO', text decoded.",
        run: session,
    },
    Check {
        name: "empty-answer",
        grade: Protocol,
        targets: ASKING,
        sentence: "The server answers with a datagram of no bytes; the client shows an empty answer and goes on.",
        hint: "UDP can send nothing: an empty datagram arrives, and recvfrom returns b''. It does not mean that the other side has left, as it does with TCP.",
        run: empty_answer,
    },
    Check {
        name: "three-datagrams",
        grade: Protocol,
        targets: &["echo-udp/boundaries-client"],
        sentence: "The client sends hello, world and sdfas, each as a datagram of its own, prints nothing and ends, with or without a server.",
        hint: "Three calls of sendto are three datagrams. Nothing is awaited: sendto does not know whether anybody receives.",
        run: three_datagrams,
    },
    Check {
        name: "non-ascii",
        grade: Protocol,
        targets: PROMPTING,
        sentence: "A line with characters beyond ASCII is typed; it goes out as UTF-8, and an answer with such characters is shown as it is.",
        hint: "What is typed is text, what is sent are bytes: encode('utf-8') on the way out, decode('utf-8') on the way in.",
        run: non_ascii,
    },
    Check {
        name: "empty-line-is-sent",
        grade: Protocol,
        targets: &["echo-udp/talk-client", "echo-udp/ack-client", "ntp/client"],
        sentence: "An empty line is typed; it goes out as a datagram of no bytes.",
        hint: "In this lesson the empty line is a message too: do not ask again, sendto b''.",
        run: empty_line_is_sent,
    },
    Check {
        name: "empty-line-asks-again",
        grade: Protocol,
        targets: &["qq-chat/client"],
        sentence: "An empty line and one of blanks are typed; nothing is sent, and the prompt comes again.",
        hint: "strip the line; if nothing is left, continue with the prompt.",
        run: empty_line_asks_again,
    },
    Check {
        name: "blanks-are-kept",
        grade: Protocol,
        targets: &["echo-udp/ack-client", "ntp/client"],
        sentence: "A line with blanks at both ends is typed; it goes out with them.",
        hint: "This lesson does not strip: the line goes out as it was typed, without its line ending.",
        run: blanks_are_kept,
    },
    Check {
        name: "blanks-are-stripped",
        grade: Protocol,
        targets: &["echo-udp/talk-client", "qq-chat/client"],
        sentence: "A line with blanks at both ends is typed; it goes out without them.",
        hint: "This lesson strips the line before it is sent: input(...).strip().",
        run: blanks_are_stripped,
    },
    Check {
        name: "unknown-contact",
        grade: Protocol,
        targets: &["qq-chat/client"],
        sentence: "A name is typed that is not in the contact list; the list is shown again. A known name with blanks around it is taken.",
        hint: "Look the stripped name up; if it is not in the list, start again with the list. Looked up without asking first, an unknown name is a KeyError.",
        run: unknown_contact,
    },
    Check {
        name: "quit",
        grade: Protocol,
        targets: &["qq-chat/client"],
        sentence: "quit is typed for a message; nothing is sent, the contact list comes again, and somebody else can be written to.",
        hint: "quit ends the inner loop, not the program: break, and the outer loop shows the list.",
        run: quit,
    },
    Check {
        name: "end-of-input",
        grade: Protocol,
        targets: PROMPTING,
        sentence: "The input ends at the prompt (Ctrl-D, or the end of a file); the client ends.",
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
    let mut client = UdpClient::start(context)?;
    client.ask("hello")?;
    client.answer(b"HELLO")?;
    if prompt(context.number()).is_some() {
        client.ask("how are you?")?;
        client.answer(b"Fine, thank you.")?;
    }
    client.expect_to_go_on()
}

fn empty_answer(context: &mut Context) -> Verdict {
    let mut client = UdpClient::start(context)?;
    client.ask("hello")?;
    client.answer(b"")?;
    client.expect_to_go_on()
}

fn three_datagrams(context: &mut Context) -> Verdict {
    let mut server = context.bind()?;
    let mut client = context.launch().client(server.local()?)?;
    for datagram in [b"hello", b"world", b"sdfas"] {
        server.expect(datagram)?;
    }
    client.expect_success()?;
    let nobody = context.vacancy()?;
    context.launch().client(nobody.address())?.expect_success()
}

fn non_ascii(context: &mut Context) -> Verdict {
    let mut client = UdpClient::start(context)?;
    client.ask("%Y年 grüß dich")?;
    client.answer("好的 ÀÉ".as_bytes())?;
    client.expect_to_go_on()
}

fn empty_line_is_sent(context: &mut Context) -> Verdict {
    let mut client = UdpClient::start(context)?;
    client.ask("")?;
    client.answer(b"nothing came")?;
    client.expect_to_go_on()
}

fn empty_line_asks_again(context: &mut Context) -> Verdict {
    let mut client = UdpClient::start(context)?;
    for line in ["", " \t "] {
        type_question(&mut client.program, context.number(), line)?;
        client.expect_to_ask_again(line)?;
    }
    client.ask("hello")
}

fn blanks_are_kept(context: &mut Context) -> Verdict {
    let mut client = UdpClient::start(context)?;
    client.ask("  %H hours ")
}

fn blanks_are_stripped(context: &mut Context) -> Verdict {
    let mut client = UdpClient::start(context)?;
    type_question(&mut client.program, context.number(), " \t hi there  ")?;
    client.server.expect(b"hi there")
}

fn unknown_contact(context: &mut Context) -> Verdict {
    let server = context.bind()?;
    let mut program = context.launch().client(server.local()?)?;
    for name in ["nobody", "", "Pony", " jack "] {
        program.expect_screen(CONTACTS)?;
        program.type_line(name)?;
    }
    program.expect_screen("请输入消息,回车发送:")
}

fn quit(context: &mut Context) -> Verdict {
    let mut client = UdpClient::start(context)?;
    client.ask("hello")?;
    client.answer(b"HELLO")?;
    type_question(&mut client.program, context.number(), "quit")?;
    client.program.expect_screen(CONTACTS)?;
    client.program.type_line("nick")?;
    client.ask("hello, nick")?;
    client.answer(b"HELLO, YOU")
}

fn end_of_input(context: &mut Context) -> Verdict {
    let mut client = UdpClient::start(context)?;
    client.ask("hello")?;
    client.answer(b"HELLO")?;
    client.expect_to_go_on()?;
    client.program.end_input();
    client.program.expect_end().map(|_| ())
}

fn end_of_input_is_no_error(context: &mut Context) -> Verdict {
    let mut client = UdpClient::start(context)?;
    client.ask("hello")?;
    client.answer(b"HELLO")?;
    client.expect_to_go_on()?;
    client.program.end_input();
    client.program.expect_success()?;
    client.program.expect_no_errors()?;
    if context.number() == 12 {
        // The other prompt, which asks for a name.
        let server = context.bind()?;
        let mut program = context.launch().client(server.local()?)?;
        program.expect_screen(CONTACTS)?;
        program.end_input();
        program.expect_success()?;
    }
    Ok(())
}
