//! A tiny UDP client: programs 5 to 12, 17 and 19.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use common::{console, notation};

use crate::check::broken::{BrokenArgs, Fault, fault};

/// Longer than a late answer takes.
const TIME_LIMIT: Duration = Duration::from_secs(2);

pub(in crate::check::broken) const FAULTS: &[Fault] = &[
    fault("echo-udp/client", "says-goodbye", "session"),
    fault("echo-udp/client", "asks-once", "session"),
    fault("echo-udp/hello-client", "hides-the-address", "session"),
    fault("echo-udp/oneshot-client", "prints-bytes", "session"),
    fault("socketserver-demo/udp-client", "prints-text", "session"),
    fault("qq-chat/client", "does-not-ask", "session"),
    fault("echo-udp/ack-client", "ends-at-nothing", "empty-answer"),
    fault(
        "echo-udp/boundaries-client",
        "joins-them",
        "three-datagrams",
    ),
    fault(
        "echo-udp/boundaries-client",
        "needs-a-server",
        "three-datagrams",
    ),
    fault("ntp/client", "sends-latin-1", "non-ascii"),
    fault(
        "echo-udp/ack-client",
        "asks-again-if-empty",
        "empty-line-is-sent",
    ),
    fault("qq-chat/client", "sends-nothing", "empty-line-asks-again"),
    fault("ntp/client", "strips", "blanks-are-kept"),
    fault(
        "echo-udp/talk-client",
        "does-not-strip",
        "blanks-are-stripped",
    ),
    fault("qq-chat/client", "takes-any-name", "unknown-contact"),
    fault("qq-chat/client", "quit-ends-all", "quit"),
    fault("echo-udp/talk-client", "asks-for-ever", "end-of-input"),
    fault("ntp/client", "fails-at-the-end", "end-of-input-is-no-error"),
    fault("echo-udp/hello-client", "waits-for-ever", "no-server"),
    fault("echo-udp/ack-client", "hides-the-server", "no-server"),
    fault(
        "socketserver-demo/udp-client",
        "ends-as-if-well",
        "no-server",
    ),
    fault(
        "echo-udp/oneshot-client",
        "waits-once-connected",
        "silent-server",
    ),
    fault("echo-udp/client", "spins-while-waiting", "late-answer"),
    fault("echo-udp/talk-client", "believes-anybody", "stranger"),
    fault("ntp/client", "starts-the-limit-anew", "stranger-prolongs"),
    fault(
        "socketserver-demo/udp-text-client",
        "receives-1024",
        "largest-datagram",
    ),
    fault(
        "echo-udp/oneshot-client",
        "dies-of-bad-text",
        "invalid-utf8",
    ),
    fault("qq-chat/client", "shows-escapes-raw", "control-characters"),
];

/// Asks the server at the port, as the target does.
pub(in crate::check::broken) fn run(args: &BrokenArgs) -> Result<()> {
    let server = SocketAddr::from(([127, 0, 0, 1], args.port));
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    if args.has("waits-once-connected") || args.has("needs-a-server") {
        socket.connect(server)?;
    }
    let send = |bytes: &[u8]| match socket.peer_addr() {
        Ok(_) => socket.send(bytes),
        Err(_) => socket.send_to(bytes, server),
    };
    if args.target == "echo-udp/boundaries-client" {
        if args.has("joins-them") {
            send(b"helloworldsdfas")?;
        }
        for message in [b"hello", b"world", b"sdfas"] {
            send(message)?;
        }
        return Ok(());
    }
    if args.target == "qq-chat/client" && !choose_contact(args)? {
        return Ok(());
    }
    while let Some(question) = question(args)? {
        if question == "quit" && args.target == "qq-chat/client" {
            if args.has("quit-ends-all") || !choose_contact(args)? {
                break;
            }
            continue;
        }
        if args.has("sends-latin-1") {
            let latin: Vec<u8> = question.chars().map(|c| c as u8).collect();
            send(&latin)?;
        } else {
            send(question.as_bytes())?;
        }
        let answer = match receive(args, &socket, server) {
            Ok(answer) => answer,
            Err(_) if args.has("hides-the-server") => bail!("no answer"),
            Err(_) if args.has("ends-as-if-well") => break,
            Err(error) => bail!("no answer from {server}: {error}"),
        };
        if answer.is_empty() && args.has("ends-at-nothing") {
            break;
        }
        if args.has("dies-of-bad-text") {
            str::from_utf8(&answer)?;
        }
        console::say(shown(args, &answer, server))?;
        let once = matches!(
            &*args.target,
            "echo-udp/hello-client" | "echo-udp/oneshot-client"
        );
        if once || args.has("asks-once") {
            break;
        }
    }
    Ok(())
}

/// Program 12: shows the list until a name of it is typed. False at the end of input.
fn choose_contact(args: &BrokenArgs) -> io::Result<bool> {
    const FRIENDS: [&str; 4] = ["pony", "jack", "charles", "nick"];
    loop {
        console::say("QQ名单列表:")?;
        for name in FRIENDS {
            console::say(name)?;
        }
        let Some(name) = console::prompt("请输入聊天对象:>>")? else {
            return Ok(false);
        };
        if FRIENDS.contains(&name.trim()) || args.has("takes-any-name") {
            return Ok(true);
        }
    }
}

/// What to send next; nothing at the end of input.
fn question(args: &BrokenArgs) -> Result<Option<String>> {
    let (prompt, strips) = match args.target.as_str() {
        "echo-udp/talk-client" => ("udp客户端开始运行了\n请输入", true),
        "echo-udp/ack-client" => (">>>>", false),
        "ntp/client" => (">>>", false),
        "qq-chat/client" if args.has("does-not-ask") => ("", true),
        "qq-chat/client" => ("请输入消息,回车发送:", true),
        "echo-udp/hello-client" => return Ok(Some("hello server baby!".to_owned())),
        "echo-udp/oneshot-client" => return Ok(Some("hello world!".to_owned())),
        _ if args.has("says-goodbye") => return Ok(Some("goodbye".to_owned())),
        _ => return Ok(Some("hello".to_owned())),
    };
    loop {
        let Some(line) = console::prompt(prompt)? else {
            if args.has("asks-for-ever") {
                continue;
            }
            if args.has("fails-at-the-end") {
                bail!("EOFError");
            }
            return Ok(None);
        };
        let strips = strips && !args.has("does-not-strip") || args.has("strips");
        let line = if strips { line.trim() } else { &line };
        let skips = args.target == "qq-chat/client" && !args.has("sends-nothing")
            || args.has("asks-again-if-empty");
        if !(line.is_empty() && skips) {
            return Ok(Some(line.to_owned()));
        }
    }
}

/// The server's answer, within [`TIME_LIMIT`].
fn receive(args: &BrokenArgs, socket: &UdpSocket, server: SocketAddr) -> io::Result<Vec<u8>> {
    let mut asked = Instant::now();
    let mut buffer = vec![
        0;
        if args.has("receives-1024") {
            1024
        } else {
            65_535
        }
    ];
    let endless = match &*args.target {
        "echo-udp/talk-client" | "qq-chat/client" => true,
        _ => args.has("waits-for-ever") || args.has("waits-once-connected"),
    };
    loop {
        if args.has("starts-the-limit-anew") {
            asked = Instant::now();
        }
        let left = TIME_LIMIT.saturating_sub(asked.elapsed());
        if left.is_zero() && !endless {
            return Err(io::ErrorKind::TimedOut.into());
        }
        socket.set_read_timeout((!endless).then_some(left))?;
        socket.set_nonblocking(args.has("spins-while-waiting"))?;
        match socket.recv_from(&mut buffer) {
            Ok((size, peer)) if peer == server || args.has("believes-anybody") => {
                return Ok(buffer[..size].to_vec());
            }
            Ok(_) => {}
            Err(_) if args.has("spins-while-waiting") => {}
            Err(error) => return Err(error),
        }
    }
}

/// What the screen shows of an answer.
fn shown(args: &BrokenArgs, answer: &[u8], server: SocketAddr) -> String {
    let (repr, text) = (notation::bytes(answer), args.text(answer));
    match args.target.as_str() {
        "echo-udp/client" => repr,
        "echo-udp/hello-client" if args.has("hides-the-address") => repr,
        "socketserver-demo/udp-client" if args.has("prints-text") => text,
        "echo-udp/hello-client" | "socketserver-demo/udp-client" => {
            format!("{repr} {}", notation::address(server))
        }
        "echo-udp/oneshot-client" if args.has("prints-bytes") => format!("收到服务端消息 {repr}"),
        "echo-udp/oneshot-client" => format!("收到服务端消息 {text}"),
        "qq-chat/client" => format!("来自[{server}]的一条消息:\x1b[41m{text}\x1b[0m"),
        _ => text,
    }
}
