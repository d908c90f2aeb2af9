//! A tiny UDP client: programs 5 to 12, 17 and 19.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::Instant;

use anyhow::{Result, bail};
use common::{console, notation};

use crate::check::faults::clients::typed;
use crate::check::faults::{BrokenArgs, Fault, fault};

const ECHO: &str = "echo-udp/client";
const TALK: &str = "echo-udp/talk-client";
const HELLO: &str = "echo-udp/hello-client";
const ACK: &str = "echo-udp/ack-client";
const BOUNDARIES: &str = "echo-udp/boundaries-client";
const ONESHOT: &str = "echo-udp/oneshot-client";
const NTP: &str = "ntp/client";
const CHAT: &str = "qq-chat/client";
const DEMO: &str = "socketserver-demo/udp-client";
const TEXT: &str = "socketserver-demo/udp-text-client";

// A row a line.
#[rustfmt::skip]
pub(in crate::check::faults) const FAULTS: &[Fault] = &[
    fault(ECHO, "says-goodbye", "session", ": b'goodbye'"),
    fault(ECHO, "asks-once", "session", "b'hello'; silence…exit status: 0"),
    fault(HELLO, "hides-the-address", "session", r#"it shows "b'HELLO'\n"#),
    fault(ONESHOT, "prints-bytes", "session", "it shows …b'HELLO'"),
    fault(DEMO, "prints-text", "session", r#"it shows "HELLO\n"#),
    fault(CHAT, "does-not-ask", "session", r#""请输入消息,回车发送:"; it shows nothing more…still running"#),
    fault(ACK, "ends-at-nothing", "empty-answer", r#""\n"; it shows nothing more…exit status: 0"#),
    fault(BOUNDARIES, "joins-them", "three-datagrams", ": b'helloworldsdfas'"),
    fault(BOUNDARIES, "needs-a-server", "three-datagrams", "exit status: 1; stderr: …refused"),
    fault(NTP, "sends-latin-1", "non-ascii", r": b'%Yt gr\xfc\xdf dich'"),
    fault(ACK, "asks-again-if-empty", "empty-line-is-sent", "a datagram of 0 bytes: b''; silence…>>>>>>>>"),
    fault(CHAT, "sends-nothing", "empty-line-asks-again", "still running…请输入消息,回车发送:"),
    fault(NTP, "strips", "blanks-are-kept", ": b'%H hours'"),
    fault(TALK, "does-not-strip", "blanks-are-stripped", r": b' \t hi there  '"),
    fault(CHAT, "takes-any-name", "unknown-contact", r#"QQ名单列表…; it shows "请输入消息"#),
    fault(CHAT, "quit-ends-all", "quit", "QQ名单列表…; it shows nothing more…exit status: 0"),
    fault(TALK, "asks-for-ever", "end-of-input", "it still runs…请输入"),
    fault(NTP, "fails-at-the-end", "end-of-input-is-no-error", "the program ends with status 0; exit status: 1…EOFError"),
    fault(HELLO, "waits-for-ever", "no-server", "s it still runs"),
    fault(ACK, "hides-the-server", "no-server", "the line names the server's address…no answer"),
    fault(DEMO, "ends-as-if-well", "no-server", "ends with status 1…; exit status: 0"),
    fault(ONESHOT, "waits-once-connected", "silent-server", "s it still runs"),
    fault(CHAT, "ends-as-if-well", "silent-server", "ends with status 1…; exit status: 0"),
    fault(ECHO, "spins-while-waiting", "late-answer", "it spins"),
    fault(TALK, "believes-anybody", "stranger", r#"it shows "believe me"#),
    fault(NTP, "starts-the-limit-anew", "stranger-prolongs", "gives up after its time limit; …it still waits"),
    fault(TEXT, "receives-1024-bytes", "largest-datagram", "(65508 characters in all); it shows"),
    fault(ONESHOT, "dies-of-bad-text", "invalid-utf8", "it shows nothing more…exit status: 1; …utf-8"),
    fault(DEMO, "dies-of-bad-text", "invalid-utf8", "it shows nothing more…exit status: 1; …utf-8"),
    fault(CHAT, "shows-escapes-raw", "control-characters", r"the terminal was sent '\u{1b}' raw"),
    fault(ECHO, "shows-escapes-raw", "control-characters", r"the terminal was sent '\u{1b}' raw"),
    fault(HELLO, "shows-escapes-raw", "control-characters", r"the terminal was sent '\u{1b}' raw"),
];

/// Asks the server at the port, as the target does.
pub(in crate::check::faults) fn run(args: &BrokenArgs) -> Result<()> {
    let server = SocketAddr::from(([127, 0, 0, 1], args.port));
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    if args.has("waits-once-connected") || args.has("needs-a-server") {
        socket.connect(server)?;
    }
    let send = |bytes: &[u8]| match socket.peer_addr() {
        Ok(_) => socket.send(bytes),
        Err(_) => socket.send_to(bytes, server),
    };
    if args.target == BOUNDARIES {
        if args.has("joins-them") {
            send(b"helloworldsdfas")?;
        }
        for message in [b"hello", b"world", b"sdfas"] {
            send(message)?;
        }
        return Ok(());
    }
    if args.target == CHAT && !choose_contact(args)? {
        return Ok(());
    }
    while let Some(question) = question(args)? {
        if question == "quit" && args.target == CHAT {
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
        console::print_line(shown(args, &answer, server))?;
        let once = matches!(&*args.target, HELLO | ONESHOT);
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
        console::print_line("QQ名单列表:")?;
        for name in FRIENDS {
            console::print_line(name)?;
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
        TALK => ("udp客户端开始运行了\n请输入", true),
        ACK => (">>>>", false),
        NTP => (">>>", false),
        CHAT if args.has("does-not-ask") => ("", true),
        CHAT => ("请输入消息,回车发送:", true),
        HELLO => return Ok(Some("hello server baby!".to_owned())),
        ONESHOT => return Ok(Some("hello world!".to_owned())),
        _ if args.has("says-goodbye") => return Ok(Some("goodbye".to_owned())),
        _ => return Ok(Some("hello".to_owned())),
    };
    while let Some(line) = typed(args, prompt, strips)? {
        let skips =
            args.target == CHAT && !args.has("sends-nothing") || args.has("asks-again-if-empty");
        if !(line.is_empty() && skips) {
            return Ok(Some(line));
        }
    }
    Ok(None)
}

/// The server's answer, within the time limit.
fn receive(args: &BrokenArgs, socket: &UdpSocket, server: SocketAddr) -> io::Result<Vec<u8>> {
    let mut asked = Instant::now();
    let mut buffer = args.datagram_buffer();
    let endless = match &*args.target {
        TALK | CHAT => !args.has("ends-as-if-well"),
        _ => args.has("waits-for-ever") || args.has("waits-once-connected"),
    };
    let limit = args.timeout.limit().filter(|_| !endless);
    loop {
        if args.has("starts-the-limit-anew") {
            asked = Instant::now();
        }
        let left = limit.map(|limit| limit.saturating_sub(asked.elapsed()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        socket.set_read_timeout(left)?;
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
    let (repr, text) = (args.repr(answer), args.text(answer));
    match args.target.as_str() {
        ECHO => repr,
        HELLO if args.has("hides-the-address") => repr,
        DEMO if args.has("prints-text") => text,
        HELLO | DEMO => {
            format!("{repr} {}", notation::address(server))
        }
        ONESHOT if args.has("prints-bytes") => format!("收到服务端消息 {repr}"),
        ONESHOT => format!("收到服务端消息 {text}"),
        CHAT => format!("来自[{server}]的一条消息:\x1b[41m{text}\x1b[0m"),
        _ => text,
    }
}
