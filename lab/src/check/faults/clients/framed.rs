//! Tiny clients of frames: programs 4 and 20.

use std::io::{Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, bail, ensure};
use common::console;
use serde_json::{Map, Value};

use crate::check::faults::clients::tcp::connect;
use crate::check::faults::{BrokenArgs, Fault, fault};

const GREETED: &str = "echo-tcp/framed-client";
const FRAMED: &str = "socketserver-demo/framed-client";

// A row a line.
#[rustfmt::skip]
pub(in crate::check::faults) const FAULTS: &[Fault] = &[
    fault(GREETED, "prints-all-that-comes", "more-than-announced", r#"it shows "b'abc and more'"#),
    fault(FRAMED, "sends-no-space", "session", r#"; b'\x10\x00\x00\x00{"data_size":12}"#),
    fault(FRAMED, "sends-big-endian", "session", r"; b'\x00\x00\x00\x11{"),
    fault(GREETED, "prints-text", "session", r#"it shows "Hello Client!"#),
    fault(GREETED, "prints-an-empty-piece", "empty-body", r#"the screen shows no more; it shows "b''"#),
    fault(FRAMED, "dies-beyond-ascii", "non-ascii-body", "it shows nothing more…UnicodeDecodeError"),
    fault(GREETED, "prints-pieces-of-700", "large-body", "(1028 characters in all); it shows"),
    fault(FRAMED, "takes-the-first-size", "duplicate-keys", r#"it shows "a\n"#),
    fault(GREETED, "takes-negative-for-none", "length-negative", r"after b'\xff\xff\xff\xff': …; exit status: 0"),
    fault(GREETED, "waits-for-2-gib", "length-too-large", r"after b'\xff\xff\xff\x7f': …s it still runs"),
    fault(GREETED, "takes-no-header-for-none", "length-zero", r"after b'\x00\x00\x00\x00': …; exit status: 0"),
    fault(FRAMED, "shows-a-trace-of-bad-json", "header-not-json", "exit status: 1; stderr: …Traceback"),
    fault(GREETED, "takes-a-list-for-none", "header-not-an-object", "[3]': …; exit status: 0"),
    fault(GREETED, "takes-a-missing-size-for-0", "size-missing", "{}': …; exit status: 0"),
    fault(FRAMED, "takes-text-for-a-size", "size-of-wrong-type", r#""3"}abc': …s it still runs"#),
    fault(GREETED, "takes-true-for-a-size", "size-of-wrong-type", "true}abc': …; exit status: 0"),
    fault(GREETED, "takes-a-negative-size-for-0", "size-negative", "-1}': …; exit status: 0"),
    fault(GREETED, "rounds-a-size", "size-fractional", "1.5}ab': …; exit status: 0"),
    fault(FRAMED, "waits-for-any-size", "size-huge", "9223372036854775808}abc': …s it still runs"),
    fault(GREETED, "dies-of-nesting", "header-nested", "signal: 6"),
    fault(FRAMED, "receives-the-header-once", "byte-by-byte", "bytes in pieces, …it has closed the connection"),
    fault(GREETED, "dies-of-bad-text", "invalid-utf8", "it shows nothing more…exit status: 1; …utf-8"),
    fault(GREETED, "shows-escapes-raw", "control-characters", r"the terminal was sent '\u{1b}' raw"),
    fault(FRAMED, "takes-half-a-length", "leaves-in-mid-length", "ends with status 1…; exit status: 0"),
    fault(GREETED, "takes-half-a-header", "leaves-in-mid-header", "ends with status 1…; exit status: 0"),
    fault(GREETED, "prints-half-a-body", "leaves-in-mid-answer", "ends with status 1…; exit status: 0"),
];

/// Talks with the server at the port, as the target does.
pub(in crate::check::faults) fn run(args: &BrokenArgs) -> Result<()> {
    let (mut conn, server) = connect(args)?;
    let greeting = args.target == GREETED;
    loop {
        if !greeting {
            let json = match &*args.fault {
                "sends-no-space" => "{\"data_size\":12}",
                _ => "{\"data_size\": 12}",
            };
            let length = i32::try_from(json.len())?;
            let length = match &*args.fault {
                "sends-big-endian" => length.to_be_bytes(),
                _ => length.to_le_bytes(),
            };
            conn.write_all(&[&length, json.as_bytes(), b"hello world!"].concat())?;
        }
        let body = receive(args, &conn).with_context(|| format!("server {server}"))?;
        let Some(body) = body else {
            return Ok(());
        };
        if args.has("dies-of-bad-text") {
            str::from_utf8(&body)?;
        }
        if !greeting {
            console::print_line(args.text(&body))?;
            continue;
        }
        let pieces = if args.has("prints-pieces-of-700") {
            700
        } else {
            1024
        };
        for piece in body.chunks(pieces) {
            console::print_line(match &*args.fault {
                "prints-text" => args.text(piece),
                _ => args.repr(piece),
            })?;
        }
        if body.is_empty() && args.has("prints-an-empty-piece") {
            console::print_line("b''")?;
        }
        return Ok(());
    }
}

/// The body of the next frame; none where a fault takes the frame for nothing.
fn receive(args: &BrokenArgs, conn: &TcpStream) -> Result<Option<Vec<u8>>> {
    let length = exactly(args, conn, 4, "the length")?;
    let Ok(length) = <[u8; 4]>::try_from(&*length) else {
        return Ok(None);
    };
    let length = i32::from_le_bytes(length);
    if length < 0 && args.has("takes-negative-for-none")
        || length == 0 && args.has("takes-no-header-for-none")
    {
        return Ok(None);
    }
    let length = usize::try_from(length)?;
    ensure!(
        length <= 64 * 1024 || args.has("waits-for-2-gib"),
        "a header of {length} bytes"
    );
    let header = exactly(args, conn, length, "the header")?;
    if header.len() < length {
        return Ok(None);
    }
    if args.has("dies-of-nesting") && header.ends_with(b"]]]]}") {
        std::process::abort();
    }
    let first = header.starts_with(b"{\"data_size\": 1, ") && args.has("takes-the-first-size");
    let header: Value = match serde_json::from_slice(&header) {
        Err(error) if args.has("shows-a-trace-of-bad-json") && length > 0 => {
            console::log("Traceback (most recent call last):");
            bail!(error)
        }
        value => value?,
    };
    if header.is_array() && args.has("takes-a-list-for-none") {
        return Ok(None);
    }
    let header = header.as_object().context("no JSON object")?;
    let size = if first { 1 } else { size(args, header)? };
    ensure!(
        size < 1 << 40 || args.has("waits-for-any-size"),
        "a body of {size} bytes"
    );
    let mut body = exactly(args, conn, usize::try_from(size)?, "the body")?;
    if args.has("prints-all-that-comes") {
        conn.take(1 << 20).read_to_end(&mut body)?;
    }
    if args.has("dies-beyond-ascii") {
        ensure!(body.is_ascii(), "UnicodeDecodeError");
    }
    Ok(Some(body))
}

/// The size that a header announces.
fn size(args: &BrokenArgs, header: &Map<String, Value>) -> Result<u64> {
    let key = match args.target.as_str() {
        GREETED => "size",
        _ => "data_size",
    };
    match header.get(key) {
        None if args.has("takes-a-missing-size-for-0") => Ok(0),
        Some(Value::String(text)) if args.has("takes-text-for-a-size") => Ok(text.parse()?),
        Some(Value::Bool(true)) if args.has("takes-true-for-a-size") => Ok(1),
        Some(value) if value.as_i64() == Some(-1) && args.has("takes-a-negative-size-for-0") => {
            Ok(0)
        }
        Some(value) if value.as_f64() == Some(1.5) && args.has("rounds-a-size") => Ok(1),
        Some(value) if value.as_f64() > Some(1e15) && args.has("waits-for-any-size") => {
            Ok(u64::MAX)
        }
        Some(value) => value.as_u64().with_context(|| format!("{key} is {value}")),
        None => bail!("{key} is missing"),
    }
}

/// Receives `size` bytes of `part`.
fn exactly(args: &BrokenArgs, mut conn: &TcpStream, size: usize, part: &str) -> Result<Vec<u8>> {
    // Linux waits for data even if none is asked for.
    if part == "the header" && size > 0 && args.has("receives-the-header-once") {
        let mut header = vec![0; size];
        let got = conn.read(&mut header)?;
        header.truncate(got);
        return Ok(header);
    }
    let mut bytes = Vec::new();
    conn.take(size as u64).read_to_end(&mut bytes)?;
    let tolerated = match part {
        "the length" => args.has("takes-half-a-length") && !bytes.is_empty(),
        "the header" => args.has("takes-half-a-header"),
        _ => args.has("prints-half-a-body"),
    };
    ensure!(
        bytes.len() == size || tolerated,
        "it left after {} of {size} bytes of {part}",
        bytes.len()
    );
    Ok(bytes)
}
