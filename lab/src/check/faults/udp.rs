//! Tiny UDP servers: programs 5, 7 to 10, 17 and 19.

use std::net::{SocketAddr, UdpSocket};

use anyhow::Result;
use common::{console, notation};

use crate::check::faults::{BrokenArgs, Fault, fault};

const ECHO: &str = "echo-udp/server";
const ACK: &str = "echo-udp/ack-server";
const DEMO: &str = "socketserver-demo/udp-server";
const TEXT: &str = "socketserver-demo/udp-text-server";
const HELLO: &str = "echo-udp/hello-server";
const ONESHOT: &str = "echo-udp/oneshot-server";
const BOUNDARIES: &str = "echo-udp/boundaries-server";

// A row a line.
#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault(ECHO, "answers-as-it-came", "answer", "b'HELLO'; a datagram of 5 bytes: b'hello'"),
    fault(ECHO, "answers-once", "session", "b'A'; silence…still running"),
    fault(ECHO, "prints-nothing", "screen", "the screen shows a line; it shows nothing more"),
    fault(TEXT, "prints-bytes-only", "screen", "laddr=…; the line b'hello'"),
    fault(ACK, "prints-bytes-only", "screen", "the line data= b'hello'…; the line b'hello'"),
    fault(ECHO, "upper-cases-text", "non-ascii", r": b'W\xc3\x96RLD"),
    fault(ECHO, "ignores-the-empty", "empty-datagram", "a datagram of 0 bytes: b''; silence…still running"),
    fault(ECHO, "receives-100-bytes", "kilobyte", "; a datagram of 100 bytes"),
    fault(ECHO, "answers-the-first-client", "several-clients", "b'TWO'; silence…still running"),
    fault(DEMO, "answers-each-client-once", "session", "b'A'; silence…still running"),
    fault(DEMO, "answers-twice", "exactly-once", "no further datagram; one more of 5 bytes: b'HELLO'"),
    fault(ECHO, "dies-of-bad-text", "invalid-utf8", r"b'\xff\xfe\x80 CAF\xe9'; silence…exit status: 1"),
    fault(ECHO, "shows-escapes-raw", "control-characters", r"the terminal was sent '\u{1b}' raw"),
    fault(ECHO, "receives-1024-bytes", "largest-datagram", "; a datagram of 1024 bytes"),
    fault(ECHO, "remembers-forty", "vanished-clients", "the next client is answered: …silence"),
    fault(ECHO, "serves-a-thousand-only", "many-in-a-row", "client 1001 of 2,000 is answered: …silence"),
    fault(ECHO, "loses-some-of-a-burst", "burst", "b'CLIENT 9'; silence"),
    fault(ONESHOT, "fails-at-the-end", "session", "the program ends with status 0; exit status: 3"),
    fault(ONESHOT, "upper-cases-bytes", "non-ascii", r": b'STRA\xc3\x9fE"),
    fault(ONESHOT, "ignores-the-empty", "empty-datagram", "a datagram of 0 bytes: b''; silence…exit status: 0"),
    fault(ONESHOT, "receives-100-bytes", "kilobyte", "; a datagram of 100 bytes"),
    fault(ONESHOT, "dies-of-bad-text", "invalid-utf8", "silence…exit status: 1"),
    fault(ONESHOT, "shows-escapes-raw", "control-characters", r"the terminal was sent '\0' raw"),
    fault(ONESHOT, "receives-1024-bytes", "largest-datagram", "; a datagram of 1024 bytes"),
    fault(BOUNDARIES, "answers", "three-lines", "no further datagram; one more of 5 bytes: b'hello'"),
    fault(BOUNDARIES, "shows-the-first-sender", "three-senders", "(b'', …it shows …(b'', "),
    fault(BOUNDARIES, "receives-1024-bytes", "unusual-datagrams", "characters in all); it shows …characters in all)"),
];

/// Programs 5, 8, 17 and 19.
pub(super) fn echo(args: &BrokenArgs, socket: &UdpSocket) -> Result<()> {
    let mut buffer = args.datagram_buffer();
    let mut clients: Vec<SocketAddr> = Vec::new();
    for round in 0.. {
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let datagram = &buffer[..size];
        if args.has("ignores-the-empty") && datagram.is_empty()
            || args.has("answers-once") && round > 0
            || args.has("serves-a-thousand-only") && round >= 1000
            || args.has("answers-each-client-once") && clients.contains(&peer)
            || args.has("loses-some-of-a-burst") && datagram.starts_with(b"client 9")
        {
            continue;
        }
        if args.has("dies-of-bad-text") {
            str::from_utf8(datagram)?;
        }
        if !args.has("prints-nothing") {
            console::print_text(shown(args, socket, datagram, peer)?)?;
        }
        let remembers = [
            "answers-the-first-client",
            "answers-each-client-once",
            "remembers-forty",
        ];
        if remembers.contains(&&*args.fault) && !clients.contains(&peer) {
            clients.push(peer);
        }
        if args.has("remembers-forty") && clients.len() > 40 {
            continue;
        }
        let first = clients.first().copied();
        let to = first
            .filter(|_| args.has("answers-the-first-client"))
            .unwrap_or(peer);
        let answer = answer(args, datagram);
        socket.send_to(&answer, to)?;
        if args.has("answers-twice") {
            socket.send_to(&answer, to)?;
        }
    }
    Ok(())
}

/// What the screen shows of a datagram.
fn shown(
    args: &BrokenArgs,
    socket: &UdpSocket,
    datagram: &[u8],
    peer: SocketAddr,
) -> Result<String> {
    let repr = notation::bytes(datagram);
    Ok(match args.target.as_str() {
        _ if args.has("prints-bytes-only") => format!("{repr}\n"),
        _ if args.has("shows-escapes-raw") && datagram.contains(&b'\x1b') => {
            format!("{}\n", args.text(datagram))
        }
        ACK => format!("data= {repr},add = {}\n", notation::address(peer)),
        TEXT => format!(
            "({repr}, <socket.socket fd=3, family=2, type=2, proto=0, laddr={}>)\n",
            notation::address(socket.local_addr()?)
        ),
        _ => format!("{repr}\n"),
    })
}

fn answer(args: &BrokenArgs, datagram: &[u8]) -> Vec<u8> {
    match args.target.as_str() {
        ACK => "恭喜您传输成功".as_bytes().to_vec(),
        _ if args.has("answers-as-it-came") => datagram.to_vec(),
        _ if args.has("upper-cases-text") => String::from_utf8_lossy(datagram)
            .to_uppercase()
            .into_bytes(),
        _ => datagram.to_ascii_uppercase(),
    }
}

/// Programs 7 and 10: one datagram.
pub(super) fn once(args: &BrokenArgs, socket: &UdpSocket) -> Result<()> {
    let mut buffer = args.datagram_buffer();
    let (size, peer) = socket.recv_from(&mut buffer)?;
    let datagram = &buffer[..size];
    if args.has("ignores-the-empty") && size == 0 {
        return Ok(());
    }
    if args.has("dies-of-bad-text") {
        str::from_utf8(datagram)?;
    }
    let text = String::from_utf8_lossy(datagram);
    if args.target == HELLO {
        console::print_line(args.text(datagram))?;
        socket.send_to(b"hello", peer)?;
    } else {
        console::print_line(format_args!("收到客户端消息 {}", args.text(datagram)))?;
        let answer = if args.has("upper-cases-bytes") {
            datagram.to_ascii_uppercase()
        } else {
            text.to_uppercase().into_bytes()
        };
        socket.send_to(&answer, peer)?;
    }
    if args.has("fails-at-the-end") {
        std::process::exit(3);
    }
    Ok(())
}

/// Program 9: three datagrams.
pub(super) fn three(args: &BrokenArgs, socket: &UdpSocket) -> Result<()> {
    let mut buffer = args.datagram_buffer();
    let mut first = None;
    for _ in 0..3 {
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let sender = *first.get_or_insert(peer);
        let sender = if args.has("shows-the-first-sender") {
            sender
        } else {
            peer
        };
        let (repr, address) = (notation::bytes(&buffer[..size]), notation::address(sender));
        console::print_line(format_args!("({repr}, {address})"))?;
        if args.has("answers") {
            socket.send_to(b"hello", peer)?;
        }
    }
    Ok(())
}
