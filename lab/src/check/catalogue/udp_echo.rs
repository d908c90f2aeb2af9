//! UDP servers that answer each datagram by itself: programs 5, 8, 17 and 19, and in part 11.

use std::time::Duration;

use common::notation;

use crate::check::Check;
use crate::check::Grade::{Protocol, Robust};
use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::server::Server;
use crate::check::engine::trial::Verdict;

const ALL: &[&str] = &[
    "echo-udp/server",
    "echo-udp/ack-server",
    "socketserver-demo/udp-server",
    "socketserver-demo/udp-text-server",
];
/// The same, and the time server: a format without a directive comes back as it is.
const WITH_NTP: &[&str] = &[
    "echo-udp/server",
    "echo-udp/ack-server",
    "ntp/server",
    "socketserver-demo/udp-server",
    "socketserver-demo/udp-text-server",
];
/// The lesson's handler of these two never returns: it answers its first datagram for ever.
const SOCKETSERVER: &[&str] = &[
    "socketserver-demo/udp-server",
    "socketserver-demo/udp-text-server",
];

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "answer",
        grade: Protocol,
        targets: ALL,
        sentence: "A client sends `hello`; the answer comes from the address that was asked.",
        hint: "recvfrom returns the datagram and its sender's address: sendto the answer to that address, from the socket that received it.",
        run: answer,
    },
    Check {
        name: "session",
        grade: Protocol,
        targets: &["echo-udp/server", "echo-udp/ack-server"],
        sentence: "A client sends three datagrams, each after the answer to the one before; each is answered.",
        hint: "Loop over recvfrom and sendto: a server has no connection that could end.",
        run: session,
    },
    Check {
        name: "screen",
        grade: Protocol,
        targets: ALL,
        sentence: "A client sends `hello`; the first line on the screen is the lesson's.",
        hint: "stdout is the transcript: print exactly what the lesson prints, flush it, and send everything else to stderr.",
        run: screen,
    },
    Check {
        name: "non-ascii",
        grade: Protocol,
        targets: ALL,
        sentence: "A client sends `wörld 你好` in UTF-8; the answer has the same bytes, ASCII letters upper-cased (or is the acknowledgement).",
        hint: "bytes.upper() changes a to z and nothing else. Text that is decoded, upper-cased and encoded again has other bytes: ö becomes Ö.",
        run: non_ascii,
    },
    Check {
        name: "empty-datagram",
        grade: Protocol,
        targets: ALL,
        sentence: "A client sends an empty datagram; it is answered like any other.",
        hint: "Over UDP b'' is a message of its own: header and address arrive, only the data is empty. Over TCP it would mean the end.",
        run: empty_datagram,
    },
    Check {
        name: "kilobyte",
        grade: Protocol,
        targets: WITH_NTP,
        sentence: "A client sends a datagram of 1,024 bytes, the most that the lesson receives; it is answered whole.",
        hint: "recvfrom(n) cuts what is longer than n, without a word on Linux.",
        run: kilobyte,
    },
    Check {
        name: "several-clients",
        grade: Protocol,
        targets: ALL,
        sentence: "Three clients send a datagram each before the first reads its answer; each gets its own.",
        hint: "Send each answer to the address that came with its datagram; remember no client between two datagrams.",
        run: several_clients,
    },
    Check {
        name: "exactly-once",
        grade: Robust,
        targets: WITH_NTP,
        sentence: "A client sends a datagram, and later another; each is answered once, then there is silence, and no processor time is burnt.",
        hint: "A handler with a loop in it floods its client with the same answer: one datagram in, one datagram out.",
        run: exactly_once,
    },
    Check {
        name: "session",
        grade: Robust,
        targets: SOCKETSERVER,
        sentence: "A client sends three datagrams, each after the answer to the one before; each is answered.",
        hint: "A UDP handler is called once for each datagram, and must return: a loop in it sends the same answer for ever.",
        run: session,
    },
    Check {
        name: "invalid-utf8",
        grade: Robust,
        targets: ALL,
        sentence: "A client sends bytes that are not UTF-8; they are answered, and so is the next datagram.",
        hint: "The program echoes bytes, so it need not decode them. Where it shows text, decode with errors=\"replace\": decode() raises, and the server is gone.",
        run: invalid_utf8,
    },
    Check {
        name: "control-characters",
        grade: Robust,
        targets: ALL,
        sentence: "A client sends NUL, bell, and a sequence that clears the terminal; they are answered, and the screen shows them escaped.",
        hint: "A terminal obeys escape sequences, whoever wrote them. Print repr(), or escape control characters.",
        run: control_characters,
    },
    Check {
        name: "largest-datagram",
        grade: Robust,
        targets: ALL,
        sentence: "A client sends 65,507 bytes, the most that a datagram holds; they arrive whole.",
        hint: "recvfrom(1024) throws away what is longer, without a word on Linux: receive with a buffer of 65,535 bytes.",
        run: largest_datagram,
    },
    Check {
        name: "vanished-clients",
        grade: Robust,
        targets: WITH_NTP,
        sentence: "50 clients send a datagram and close their socket before the answer; the next client is answered.",
        hint: "The system may report an answer that could not be delivered as an error of the next receive or send (it does on Windows): catch OSError for one datagram.",
        run: vanished_clients,
    },
    Check {
        name: "many-in-a-row",
        grade: Robust,
        targets: WITH_NTP,
        sentence: "2,000 clients send a datagram each, one after another; each is answered, and no processor time is burnt afterwards.",
        hint: "Keep nothing of a client when it is answered: no entry, no thread, no descriptor.",
        run: many_in_a_row,
    },
    Check {
        name: "burst",
        grade: Robust,
        targets: WITH_NTP,
        sentence: "200 clients send a datagram each at once; each is answered.",
        hint: "What waits in the socket's buffer must be fetched in time. A server that sleeps or does long work between two receives loses datagrams.",
        run: burst,
    },
];

/// What program `number` answers to `datagram`.
fn answer_to(number: u8, datagram: &[u8]) -> Vec<u8> {
    match number {
        8 => "恭喜您传输成功".as_bytes().to_vec(),
        11 => datagram.to_vec(),
        _ => datagram.to_ascii_uppercase(),
    }
}

fn exchange(context: &Context, client: &mut Datagrams, datagram: &[u8]) -> Verdict {
    client.send(datagram)?;
    client.expect(&answer_to(context.number(), datagram))
}

/// Sends `datagrams` one by one; each must be answered.
fn says(context: &Context, datagrams: &[&[u8]]) -> Verdict<Server> {
    let server = context.server()?;
    let mut client = server.datagrams()?;
    for datagram in datagrams {
        exchange(context, &mut client, datagram)?;
    }
    Ok(server)
}

fn answer(context: &mut Context) -> Verdict {
    says(context, &[b"hello"]).map(drop)
}

fn session(context: &mut Context) -> Verdict {
    says(context, &[b"hello", b"a", b" three words here "]).map(drop)
}

fn screen(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    let mut client = server.datagrams()?;
    let (own, client_address) = (server.address(), client.local()?);
    exchange(context, &mut client, b"hello")?;
    let line = server.program()?.next_line()?;
    let (shown, own) = (notation::bytes(b"hello"), notation::address(own));
    // Python's versions differ in how they write what is between the two: the socket's family and type.
    let (prefix, suffix) = match context.number() {
        8 => (
            format!("data= {shown},add = {}", notation::address(client_address)),
            String::new(),
        ),
        19 => (
            format!("({shown}, <socket.socket fd="),
            format!(", proto=0, laddr={own}>)"),
        ),
        _ => (shown, String::new()),
    };
    let rest = line.strip_prefix(&prefix);
    let middle = rest.and_then(|rest| rest.strip_suffix(&suffix));
    if middle.is_some_and(|middle| middle.is_empty() == suffix.is_empty()) {
        return Ok(());
    }
    let dots = if suffix.is_empty() { "" } else { "…" };
    Err(context.fail(
        format!("the line {prefix}{dots}{suffix}"),
        format!("the line {line}"),
    ))
}

fn non_ascii(context: &mut Context) -> Verdict {
    says(context, &["wörld 你好".as_bytes()]).map(drop)
}

fn empty_datagram(context: &mut Context) -> Verdict {
    says(context, &[b""]).map(drop)
}

/// `size` bytes of text.
fn text(size: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(size).collect()
}

fn kilobyte(context: &mut Context) -> Verdict {
    says(context, &[&text(1024)]).map(drop)
}

fn several_clients(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let mut clients = [
        server.datagrams()?,
        server.datagrams()?,
        server.datagrams()?,
    ];
    let datagrams = [&b"one"[..], b"two", b"three"];
    for (client, datagram) in clients.iter().zip(datagrams) {
        client.send(datagram)?;
    }
    for (client, datagram) in clients.iter_mut().zip(datagrams) {
        client.expect(&answer_to(context.number(), datagram))?;
    }
    Ok(())
}

fn exactly_once(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    let mut client = server.datagrams()?;
    exchange(context, &mut client, b"hello")?;
    client.expect_silence(Duration::from_millis(300))?;
    // What was sent twice, but late, has come before the next client's answer.
    exchange(context, &mut server.datagrams()?, b"again")?;
    client.expect_silence(Duration::from_millis(1))?;
    server.expect_idle()
}

fn invalid_utf8(context: &mut Context) -> Verdict {
    says(context, &[b"\xff\xfe\x80 caf\xe9", b"\xe4\xbd", b"hello"]).map(drop)
}

fn control_characters(context: &mut Context) -> Verdict {
    let mut server = says(
        context,
        &[
            b"a\0b\x07c\rd",
            b"\x1b[2J\x1b]0;mine\x07",
            b"\x9b\xc2\x9bm",
            b"hello",
        ],
    )?;
    server.expect_harmless_screen("hello", &[])
}

fn largest_datagram(context: &mut Context) -> Verdict {
    let datagram = text(65_507);
    let mut server = context.server()?;
    let mut client = server.datagrams()?;
    exchange(context, &mut client, &datagram)?;
    if context.number() == 8 {
        // The acknowledgement tells nothing of what arrived; the screen does.
        let (shown, own) = (
            notation::bytes(&datagram),
            notation::address(client.local()?),
        );
        server.expect_screen(&format!("data= {shown},add = {own}\n"))?;
    }
    exchange(context, &mut client, b"hello")
}

fn vanished_clients(context: &mut Context) -> Verdict {
    let server = context.server()?;
    // Its port is its own before the others have one, to which answers are still under way.
    let mut client = server.datagrams()?;
    for _ in 0..50 {
        server.datagrams()?.send(b"hello")?;
    }
    exchange(context, &mut client, b"next")
        .map_err(|stop| stop.while_("the next client is answered"))
}

fn many_in_a_row(context: &mut Context) -> Verdict {
    let mut server = context.server()?;
    for number in 0..2000 {
        let mut client = server.datagrams()?;
        exchange(context, &mut client, b"hello")
            .map_err(|stop| stop.while_(&format!("client {} of 2,000 is answered", number + 1)))?;
    }
    server.expect_idle()
}

fn burst(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let clients: Verdict<Vec<Datagrams>> = (0..200).map(|_| server.datagrams()).collect();
    let mut clients = clients?;
    for (number, client) in clients.iter().enumerate() {
        client.send(format!("client {number}").as_bytes())?;
    }
    for (number, client) in clients.iter_mut().enumerate() {
        client.expect(&answer_to(
            context.number(),
            format!("client {number}").as_bytes(),
        ))?;
    }
    Ok(())
}
