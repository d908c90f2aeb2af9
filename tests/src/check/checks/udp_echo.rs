//! UDP servers that answer each datagram by itself: programs 5, 8, 17 and 19.

use crate::check::Check;
use crate::check::Grade::Protocol;
use crate::check::context::Context;
use crate::check::trial::Verdict;

const ALL: &[&str] = &[
    "echo-udp/server",
    "echo-udp/ack-server",
    "socketserver-demo/udp-server",
    "socketserver-demo/udp-text-server",
];

pub(super) const CHECKS: &[Check] = &[Check {
    name: "session",
    grade: Protocol,
    targets: ALL,
    sentence: "A client sends three datagrams, each after the answer to the one before; each is answered.",
    hint: "recvfrom returns the datagram and its sender's address: sendto the answer to that address.",
    run: session,
}];

/// What program `number` answers to `datagram`.
fn answer(number: u8, datagram: &[u8]) -> Vec<u8> {
    match number {
        8 => "恭喜您传输成功".as_bytes().to_vec(),
        _ => datagram.to_ascii_uppercase(),
    }
}

fn session(context: &mut Context) -> Verdict {
    let server = context.server()?;
    let mut client = server.datagrams()?;
    for datagram in [&b"hello"[..], b"a", b"three words here"] {
        client.send(datagram)?;
        client.expect(&answer(context.number(), datagram))?;
    }
    Ok(())
}
