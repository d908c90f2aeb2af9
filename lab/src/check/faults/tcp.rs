//! A tiny TCP server that stays: programs 1, 2, 16, 18 and 20.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use common::{console, notation};
use socket2::{Domain, Socket, Type};

use crate::check::faults::{BrokenArgs, Fault, fault, framed};

const ECHO: &str = "echo-tcp/server";
const PHONE: &str = "echo-tcp/phone-server";
const DEMO: &str = "socketserver-demo/server";
const TEXT: &str = "socketserver-demo/text-server";
const FRAMED: &str = "socketserver-demo/framed-server";

// A row a line.
#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault(ECHO, "answers-once", "session", "b'A'; 0 of 1 bytes, then the program closed the connection"),
    fault(ECHO, "prints-nothing", "screen", "b'hello'…it shows nothing more"),
    fault(ECHO, "upper-cases-text", "non-ascii", r"; b'W\xc3\x96RLD"),
    fault(PHONE, "answers-ascii-only", "non-ascii", "; b'wrld '"),
    fault(ECHO, "answers-100-bytes", "long-message", "which differs at byte 100"),
    fault(ECHO, "ignores-a-second-lone-byte", "byte-by-byte", "1 of 13 bytes, then silence"),
    fault(ECHO, "serves-all-at-once", "one-after-another", "the answer does not come yet; …b'HELLO'"),
    fault(PHONE, "spins-at-hang-up", "one-after-another", "when the one before has left: …silence…still running, at"),
    fault(ECHO, "serves-six-only", "next-client", "the next client is served: …then silence"),
    fault(DEMO, "one-at-a-time", "side-by-side", "client 2 of 3, beside the others, is served: …silence"),
    fault(PHONE, "dies-of-bad-text", "invalid-utf8", r"b'\xff\xfe\x80 caf\xe9'; 0 of 8 bytes, …exit status: 1"),
    fault(TEXT, "shows-question-marks", "shows-replacement", "it shows …caf?!"),
    fault(TEXT, "shows-escapes-raw", "control-characters", r"the terminal was sent '\0' raw"),
    fault(TEXT, "spins-at-hang-up", "leaves-at-once", "it spins"),
    fault(ECHO, "dies-of-a-reset", "leaves-by-reset", "the next client is served: …exit status: 1"),
    fault(ECHO, "never-closes", "half-close", "the program closes the connection; 0 bytes, then silence"),
    fault(ECHO, "dies-of-a-reset-in-mid-talk", "leaves-unread", "the next client is served: …exit status: 1"),
    fault(DEMO, "reads-before-the-thread", "silent-clients", "the next client is served: …then silence"),
    fault(DEMO, "writes-under-a-lock", "slow-reader", "the next client is served: …then silence"),
    fault(ECHO, "serves-a-thousand-only", "many-in-a-row", "client 1001 of 2,000 is served: "),
    fault(DEMO, "serves-fifty-beside-each-other", "many-at-once", "of 200, all at once, is served: "),
    fault(DEMO, "spins-without-descriptors", "descriptors-run-out", "it spins"),
    fault(ECHO, "no-reuseaddr", "restart", "the server starts; …Address already in use"),
    fault(ECHO, "shows-a-stack-trace", "ctrl-c", "no stack trace; stderr shows one"),
];

/// Serves one client after another, or each in a thread of its own.
pub(super) fn serve(args: &'static BrokenArgs) -> Result<()> {
    static TALKING: AtomicUsize = AtomicUsize::new(0);
    let listener = listen(args)?;
    let concurrent = args.target.starts_with("socketserver") && !args.has("one-at-a-time")
        || args.has("serves-all-at-once");
    let most = match &*args.fault {
        "serves-six-only" => 6,
        "serves-a-thousand-only" => 1000,
        _ => usize::MAX,
    };
    for _ in 0..most {
        let (conn, peer) = accept(args, &listener);
        if args.has("serves-fifty-beside-each-other") && TALKING.load(Ordering::SeqCst) >= 50 {
            continue;
        }
        if args.has("reads-before-the-thread") {
            conn.peek(&mut [0])?;
        }
        if concurrent {
            TALKING.fetch_add(1, Ordering::SeqCst);
            thread::spawn(move || {
                talk(args, conn, peer);
                TALKING.fetch_sub(1, Ordering::SeqCst);
            });
        } else {
            talk(args, conn, peer);
        }
    }
    loop {
        thread::park();
    }
}

/// socket, SO_REUSEADDR, bind, listen.
pub(super) fn listen(args: &BrokenArgs) -> Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(!args.has("no-reuseaddr"))?;
    let address = SocketAddr::from(([127, 0, 0, 1], args.port));
    socket.bind(&address.into())?;
    socket.listen(128)?;
    Ok(socket.into())
}

/// accept, with patience.
pub(super) fn accept(args: &BrokenArgs, listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept() {
            Ok(client) => return client,
            Err(_) if args.has("spins-without-descriptors") => {}
            Err(_) => thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// One client, until it leaves.
fn talk(args: &BrokenArgs, conn: TcpStream, peer: SocketAddr) {
    let mut rounds = 0;
    let ended = match args.target.as_str() {
        FRAMED => framed::converse(args, &conn, &mut rounds),
        _ => converse(args, &conn, peer, &mut rounds),
    };
    let fatal = args.has("dies-of-a-reset")
        || args.has("dies-of-a-reset-in-mid-talk") && rounds > 1
        || args.has("dies-of-bad-text");
    if ended.is_err() && fatal {
        std::process::exit(1);
    }
    if args.has("never-closes") {
        std::mem::forget(conn);
    }
}

fn converse(
    args: &BrokenArgs,
    mut conn: &TcpStream,
    peer: SocketAddr,
    rounds: &mut u32,
) -> io::Result<()> {
    static LOCK: Mutex<()> = Mutex::new(());
    let mut buffer = [0; 1024];
    let mut lone = false;
    loop {
        let size = conn.read(&mut buffer)?;
        if size == 0 && args.has("spins-at-hang-up") {
            continue;
        }
        if size == 0 {
            return Ok(());
        }
        *rounds += 1;
        let said = &buffer[..size];
        if args.has("dies-of-bad-text") && str::from_utf8(said).is_err() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if !args.has("prints-nothing") {
            console::print_line(shown(args, said, peer))?;
        }
        if args.has("ignores-a-second-lone-byte") && size == 1 && lone {
            continue;
        }
        lone = size == 1;
        let mut answer = match args.target.as_str() {
            PHONE => said.to_vec(),
            _ if args.has("upper-cases-text") => {
                String::from_utf8_lossy(said).to_uppercase().into_bytes()
            }
            _ => said.to_ascii_uppercase(),
        };
        match &*args.fault {
            "answers-ascii-only" => answer.retain(u8::is_ascii),
            "answers-100-bytes" => answer.truncate(100),
            _ => {}
        }
        let locked = args.has("writes-under-a-lock").then(|| LOCK.lock());
        conn.write_all(&answer)?;
        drop(locked);
        if args.has("answers-once") {
            return Ok(());
        }
    }
}

/// What the screen shows of a message.
fn shown(args: &BrokenArgs, said: &[u8], peer: SocketAddr) -> String {
    let repr = notation::bytes(said);
    match args.target.as_str() {
        PHONE => format!("msg={repr} addr={}", notation::address(peer)),
        TEXT => args.text(said),
        _ => repr,
    }
}
