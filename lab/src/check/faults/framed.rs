//! The conversation of a tiny server for program 20: header, JSON, text.

use std::hint;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use common::console;
use common::json::dumps;
use serde_json::{Map, Value, json};

use crate::check::faults::{BrokenArgs, Fault, fault};

const TARGET: &str = "socketserver-demo/framed-server";

// A row a line.
#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault(TARGET, "packs-big-endian", "session", r"; b'\x00\x00\x00\x11{"),
    fault(TARGET, "prints-nothing", "screen", "hello world!…it shows nothing more"),
    fault(TARGET, "counts-characters", "non-ascii", r#""data_size": 12}STRASSE"#),
    fault(TARGET, "leaves-at-an-empty-message", "empty-message", ": 0}'; 0 of 20 bytes, then the program closed"),
    fault(TARGET, "reads-more-than-a-frame", "glued-frames", "23 of 71 bytes, then silence"),
    fault(TARGET, "cuts-at-1000-bytes", "kilobyte", r#""data_size": 1000}"#),
    fault(TARGET, "one-at-a-time", "side-by-side", "client 2 of 3, beside the others, is served: …silence"),
    fault(TARGET, "reads-the-length-once", "byte-by-byte", "bytes in pieces, …it has closed the connection"),
    fault(TARGET, "cuts-at-64-KiB", "large-message", r#""data_size": 65536}"#),
    fault(TARGET, "writes-three-times", "one-write-a-frame", "as one piece; …of them came first"),
    fault(TARGET, "decodes-strictly", "invalid-utf8", r"CAF\xef\xbf\xbd!'; 0 of 27 bytes, then the program closed"),
    fault(TARGET, "shows-escapes-raw", "control-characters", r"the terminal was sent '\0' raw"),
    fault(TARGET, "waits-at-a-negative-length", "length-negative", r"after b'\xff\xff\xff\xff': the program closes the connection; 0 bytes, then silence"),
    fault(TARGET, "waits-at-length-zero", "length-zero", r"after b'\x00\x00\x00\x00': the program closes the connection; 0 bytes, then silence"),
    fault(TARGET, "believes-any-length", "length-too-large", "after b'…: the program closes the connection; 0 bytes, then silence"),
    fault(TARGET, "dies-of-no-json", "header-not-json", "connecting failed: Connection refused…exit status: 1"),
    fault(TARGET, "spins-after-no-json", "header-not-json", "it spins"),
    fault(TARGET, "dies-of-no-object", "header-not-an-object", "connecting failed: Connection refused…exit status: 1"),
    fault(TARGET, "takes-a-missing-size-for-zero", "size-missing", "{}': the program closes the connection; 20 bytes"),
    fault(TARGET, "takes-a-wrong-type-for-zero", "size-of-wrong-type", r#""5"}': the program closes the connection; 20 bytes"#),
    fault(TARGET, "takes-a-negative-size-for-zero", "size-negative", "-1}': the program closes the connection; 20 bytes"),
    fault(TARGET, "rounds-a-fractional-size", "size-fractional", "3.5}': the program closes the connection; 20 bytes"),
    fault(TARGET, "believes-any-size", "size-huge", "9223372036854775808}': the program closes the connection; 0 bytes, then silence"),
    fault(TARGET, "refuses-duplicate-keys", "duplicate-keys", "0 of 25 bytes, then the connection was reset"),
    fault(TARGET, "runs-pickles", "pickle-as-header", "nothing that a pickle says is run"),
    fault(TARGET, "spins-for-the-rest", "leaves-in-mid-frame", "it spins"),
];

/// The largest message that is taken, in bytes.
const MOST: u64 = 16 << 20;

/// One client, until it leaves or sends what is no frame.
pub(super) fn converse(
    args: &BrokenArgs,
    mut conn: &TcpStream,
    rounds: &mut u32,
) -> io::Result<()> {
    loop {
        let mut length = [0; 4];
        if args.has("reads-the-length-once") {
            if conn.read(&mut length)? < 4 {
                return Ok(());
            }
        } else if !fill(args, conn, &mut length)? {
            return Ok(());
        }
        let length = i32::from_le_bytes(length);
        if length < 0 && args.has("waits-at-a-negative-length")
            || length == 0 && args.has("waits-at-length-zero")
        {
            continue;
        }
        let most = if args.has("believes-any-length") {
            i32::MAX
        } else {
            65_536
        };
        if !(0..=most).contains(&length) {
            return Ok(());
        }
        let mut header = vec![0; usize::try_from(length).unwrap_or_default()];
        if !fill(args, conn, &mut header)? {
            return Ok(());
        }
        if args.has("runs-pickles") {
            run_pickle(&header)?;
        }
        let Some(size) = size(args, &header) else {
            if args.has("spins-after-no-json") && header.starts_with(b"hello") {
                spin(conn);
            }
            return Ok(());
        };
        *rounds += 1;
        let mut body = vec![0; size];
        if !fill(args, conn, &mut body)? {
            return Ok(());
        }
        match &*args.fault {
            "cuts-at-1000-bytes" => body.truncate(1000),
            "cuts-at-64-KiB" => body.truncate(65_536),
            _ => {}
        }
        if args.has("reads-more-than-a-frame") {
            // What is there already is thrown away.
            conn.set_nonblocking(true)?;
            let _ = conn.read(&mut [0; 1024]);
            conn.set_nonblocking(false)?;
        }
        if size == 0 && args.has("leaves-at-an-empty-message")
            || args.has("decodes-strictly") && str::from_utf8(&body).is_err()
        {
            return Ok(());
        }
        if !args.has("prints-nothing") {
            console::print_line(format_args!("收到客户端消息 {}", args.text(&body)))?;
        }
        answer(args, conn, &String::from_utf8_lossy(&body).to_uppercase())?;
    }
}

/// Hangs up, and keeps a processor busy.
pub(super) fn spin(conn: &TcpStream) -> ! {
    let _ = conn.shutdown(Shutdown::Both);
    loop {
        hint::spin_loop();
    }
}

/// What pickle.loads would do with `cos\nsystem\n(S'...'\ntR.`.
pub(super) fn run_pickle(pickle: &[u8]) -> io::Result<()> {
    let text = String::from_utf8_lossy(pickle);
    if let Some((_, rest)) = text.split_once("cos\nsystem\n(S'")
        && let Some((command, _)) = rest.split_once('\'')
    {
        Command::new("sh").args(["-c", command]).status()?;
    }
    Ok(())
}

/// The body's size in bytes. `None` where the header is bad.
fn size(args: &BrokenArgs, header: &[u8]) -> Option<usize> {
    let fields = json_object(args, header, "data_size")?;
    let size = announced(args, fields.get("data_size"))?;
    if size > MOST && args.has("believes-any-size") {
        loop {
            thread::sleep(Duration::from_secs(1));
        }
    }
    usize::try_from(size).ok().filter(|_| size <= MOST)
}

/// A header's fields. `None` where it is bad.
pub(super) fn json_object(
    args: &BrokenArgs,
    header: &[u8],
    size_key: &str,
) -> Option<Map<String, Value>> {
    let Ok(value) = serde_json::from_slice::<Value>(header) else {
        if args.has("dies-of-no-json") && !header.is_empty() {
            std::process::exit(1);
        }
        return None;
    };
    let Value::Object(fields) = value else {
        if args.has("dies-of-no-object") {
            std::process::exit(1);
        }
        return None;
    };
    let spelt = String::from_utf8_lossy(header).matches(size_key).count();
    (spelt < 2 || !args.has("refuses-duplicate-keys")).then_some(fields)
}

/// The size that a header announces. `None` where it is bad.
pub(super) fn announced(args: &BrokenArgs, size: Option<&Value>) -> Option<u64> {
    match size {
        None => args.has("takes-a-missing-size-for-zero").then_some(0),
        Some(Value::Number(number)) => match number.as_f64() {
            Some(below) if below < 0.0 => args.has("takes-a-negative-size-for-zero").then_some(0),
            Some(part) if part.fract() > 0.0 => args.has("rounds-a-fractional-size").then_some(0),
            Some(large) if large > 9.3e18 => Some(u64::MAX),
            _ => number.as_u64(),
        },
        Some(_) => args.has("takes-a-wrong-type-for-zero").then_some(0),
    }
}

fn answer(args: &BrokenArgs, mut conn: &TcpStream, text: &str) -> io::Result<()> {
    let size = if args.has("counts-characters") {
        text.chars().count()
    } else {
        text.len()
    };
    let header = dumps(&json!({"data_size": size}))?;
    let length = i32::try_from(header.len()).unwrap_or_default();
    let length = if args.has("packs-big-endian") {
        length.to_be_bytes()
    } else {
        length.to_le_bytes()
    };
    if args.has("writes-three-times") {
        for part in [&length, header.as_bytes(), text.as_bytes()] {
            conn.write_all(part)?;
            // So that the next part does not join one that its peer has not fetched yet.
            thread::sleep(Duration::from_millis(50));
        }
        return Ok(());
    }
    conn.write_all(&[&length, header.as_bytes(), text.as_bytes()].concat())
}

/// Reads until `buffer` is full; tells whether the client stayed that long.
fn fill(args: &BrokenArgs, mut conn: &TcpStream, buffer: &mut [u8]) -> io::Result<bool> {
    let mut filled = 0;
    while filled < buffer.len() {
        match conn.read(&mut buffer[filled..])? {
            0 if filled > 0 && args.has("spins-for-the-rest") => {}
            0 => return Ok(false),
            size => filled += size,
        }
    }
    Ok(true)
}
