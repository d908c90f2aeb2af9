//! What may happen to UDP clients: programs 5 to 12, 17 and 19.

use std::time::{Duration, Instant};

use crate::check::Check;
use crate::check::Grade::Robust;
use crate::check::catalogue::SHORT_TIMEOUT;
use crate::check::catalogue::clients::udp_client::{UdpClient, launch, type_question};
use crate::check::catalogue::clients::udp_session::ASKING;
use crate::check::catalogue::clients::{AFTER, BEFORE};
use crate::check::engine::context::Context;
use crate::check::engine::trial::Verdict;

/// Those that do not wait for ever: at the other end of 6 and 12 a person is typing.
const IMPATIENT: &[&str] = &[
    "echo-udp/client",
    "echo-udp/hello-client",
    "echo-udp/ack-client",
    "echo-udp/oneshot-client",
    "ntp/client",
    "socketserver-demo/udp-client",
    "socketserver-demo/udp-text-client",
];

/// Those whose server is a person, who may think for long.
const PATIENT: &[&str] = &["echo-udp/talk-client", "qq-chat/client"];

/// How long they wait unless they are told otherwise.
const LIMIT: Duration = Duration::from_secs(5);

/// The largest datagram that IPv4 carries, in bytes.
const LARGEST: usize = 65_507;

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "stranger",
        grade: Robust,
        targets: ASKING,
        sentence: "Before the server answers, a datagram comes from an address that was not asked; the client shows the server's answer and nothing of the stranger's.",
        hint: "Whoever knows or guesses a port can send to it. recvfrom tells the sender: compare it with the address that was asked and go on waiting, or connect the socket, and the system does so.",
        run: stranger,
    },
    Check {
        name: "largest-datagram",
        grade: Robust,
        targets: ASKING,
        sentence: "The server answers with 65,507 bytes, the most that a datagram holds; the client shows all of them.",
        hint: "recvfrom(1024) cuts the rest of a larger datagram off, without a word. Receive with 65,535: no datagram is larger.",
        run: largest_datagram,
    },
    Check {
        name: "invalid-utf8",
        grade: Robust,
        targets: ASKING,
        sentence: "The server answers with a byte that is not UTF-8; the client shows it as U+FFFD, or as \\xff where the lesson prints a bytes object, and goes on.",
        hint: "decode('utf-8') raises UnicodeDecodeError, and one bad byte ends the program. decode('utf-8', 'replace') shows U+FFFD in its place. A bytes object is printed as it is, with repr, and never decoded.",
        run: invalid_utf8,
    },
    Check {
        name: "control-characters",
        grade: Robust,
        targets: ASKING,
        sentence: "The server answers with control characters and terminal escapes; the client shows them escaped, as \\x1b, and goes on.",
        hint: "A terminal obeys what it is sent: an answer could clear the screen, change its title, or forge lines. Replace each control character but newline and tab by its escaped form before printing; repr does so for a bytes object.",
        run: control_characters,
    },
    Check {
        name: "late-answer",
        grade: Robust,
        targets: ASKING,
        sentence: "The server takes a second to answer; the client waits without burning processor time, and shows the answer.",
        hint: "recvfrom sleeps until something comes. A loop around a socket that does not block keeps a processor busy instead.",
        run: late_answer,
    },
    Check {
        name: "no-server",
        grade: Robust,
        targets: IMPATIENT,
        sentence: "Nobody is at the server's address; the client gives up after its time limit (ours: --timeout 2; others: 5 s plus --patience), says in one line on stderr which address did not answer, and ends with status 1.",
        hint: "UDP does not tell that nobody is there: sendto succeeds, and recvfrom waits for ever. settimeout before it, and catch the error (socket.timeout; ConnectionRefusedError if the socket is connected).",
        run: no_server,
    },
    Check {
        name: "silent-server",
        grade: Robust,
        targets: IMPATIENT,
        sentence: "The server receives and does not answer; the client gives up after its time limit (ours: --timeout 2; others: 5 s plus --patience), says in one line on stderr which address did not answer, and ends with status 1.",
        hint: "A datagram can be lost, either way, and nobody tells. A client that awaits an answer needs a time limit: settimeout, and catch socket.timeout.",
        run: silent_server,
    },
    Check {
        name: "silent-server",
        grade: Robust,
        targets: PATIENT,
        sentence: "The server receives and does not answer; told to wait two seconds (ours: --timeout 2) the client gives up, says in one line on stderr which address did not answer, and ends with status 1. One that cannot be told so waits on, or ends in the same way.",
        hint: "A person is typing there, so the client waits for ever unless it is told a limit. If it has one, settimeout and catch socket.timeout.",
        run: silent_person,
    },
    Check {
        name: "stranger-prolongs",
        grade: Robust,
        targets: IMPATIENT,
        sentence: "The server does not answer, and a stranger sends a datagram every 50 ms; the client still gives up after its time limit.",
        hint: "A time limit that starts anew with each datagram never ends while somebody sends. Note the time when the question leaves, and set what is left of the limit before each recvfrom.",
        run: stranger_prolongs,
    },
];

/// Asks an address where nobody is.
fn no_server(context: &mut Context) -> Verdict {
    let nobody = context.vacancy()?;
    let begun = Instant::now();
    let mut program = launch(context, SHORT_TIMEOUT, nobody.address())?;
    type_question(&mut program, context.number(), "hello")?;
    let asked = Instant::now();
    program.expect_error_within(context.time_limit(LIMIT), nobody.address())?;
    context.expect_in_time(begun, asked)
}

fn silent_server(context: &mut Context) -> Verdict {
    let begun = Instant::now();
    let mut client = UdpClient::start_with(context, SHORT_TIMEOUT)?;
    client.ask("hello")?;
    let asked = Instant::now();
    client
        .program
        .expect_error_within(context.time_limit(LIMIT), client.address)?;
    context.expect_in_time(begun, asked)
}

fn silent_person(context: &mut Context) -> Verdict {
    let begun = Instant::now();
    let mut client = UdpClient::start_with(context, SHORT_TIMEOUT)?;
    client.ask("hello")?;
    let asked = Instant::now();
    // One that may wait for ever is not watched for longer than an answer may take.
    if context.is_ours() || client.program.ends_within(context.patience())? {
        client.program.expect_error(client.address)?;
        return context.expect_in_time(begun, asked);
    }
    Ok(())
}

fn late_answer(context: &mut Context) -> Verdict {
    let mut client = UdpClient::start(context)?;
    client.ask("hello")?;
    client.program.expect_idle()?;
    client.answer(b"HELLO")?;
    client.expect_to_go_on()
}

fn stranger(context: &mut Context) -> Verdict {
    let mut client = UdpClient::start(context)?;
    client.ask("hello")?;
    let stranger = context.stranger()?;
    stranger.send_to(b"believe me", client.server.peer()?)?;
    client.answer(b"HELLO")?;
    client.expect_to_go_on()
}

fn stranger_prolongs(context: &mut Context) -> Verdict {
    const PAUSE: Duration = Duration::from_millis(50);
    let begun = Instant::now();
    let mut client = UdpClient::start_with(context, SHORT_TIMEOUT)?;
    client.ask("hello")?;
    let asked = Instant::now();
    let stranger = context.stranger()?;
    let limit = context.time_limit(LIMIT);
    while !client.program.ends_within(PAUSE)? {
        if asked.elapsed() > limit {
            return Err(context.fail(
                "the program gives up after its time limit",
                format!("after {:.1} s it still waits", limit.as_secs_f64()),
            ));
        }
        stranger.send_to(b"believe me", client.server.peer()?)?;
    }
    client.program.expect_error(client.address)?;
    context.expect_in_time(begun, asked)
}

fn largest_datagram(context: &mut Context) -> Verdict {
    let mut client = UdpClient::start(context)?;
    client.ask("hello")?;
    let answer: Vec<u8> = (b'a'..=b'z').cycle().take(LARGEST).collect();
    client.answer(&answer)?;
    client.expect_to_go_on()
}

fn invalid_utf8(context: &mut Context) -> Verdict {
    let mut client = UdpClient::start(context)?;
    client.ask("hello")?;
    client.answer(&[BEFORE.as_bytes(), b"\xff", AFTER.as_bytes()].concat())?;
    client.expect_to_go_on()
}

fn control_characters(context: &mut Context) -> Verdict {
    /// Clears the screen, changes the title, rings, goes to the line's start, and more.
    const ESCAPES: &str = "\x1b[2J\x1b]0;title\x07\r\x08\x7f\u{9b}31m\0";
    let mut client = UdpClient::start(context)?;
    client.ask("hello")?;
    client
        .server
        .send([BEFORE, ESCAPES, AFTER].concat().as_bytes())?;
    client.program.await_screen(BEFORE)?;
    // How they are shown is the program's affair, as long as no terminal obeys.
    client.program.await_screen(AFTER)?;
    client
        .program
        .expect_harmless_screen(&["\x1b[41m", "\x1b[0m"])?;
    client.program.await_screen(if context.number() == 12 {
        "\x1b[0m\n"
    } else {
        "\n"
    })?;
    client.expect_to_go_on()
}
