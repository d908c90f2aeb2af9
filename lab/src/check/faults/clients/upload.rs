//! A tiny client that uploads, program 14, and put of program 15.

use std::io::Write;
use std::net::TcpStream;

use anyhow::{Context, Result, bail, ensure};
use common::files::{names, transfer};
use common::{console, header};

use crate::check::faults::clients::download::confirmation;
use crate::check::faults::clients::tcp::connect;
use crate::check::faults::{BrokenArgs, Fault, fault};

const UPLOAD: &str = "ftp-simple/upload-client";
const CLASS: &str = "ftp-class/client";

// A row a line.
#[rustfmt::skip]
pub(in crate::check::faults) const FAULTS: &[Fault] = &[
    fault(UPLOAD, "sends-no-space", "session", r#"; {"file_name":"file.bin""#),
    fault(UPLOAD, "skips-an-empty-file", "empty-file", "4 bytes of the message; 0 bytes, then the program closed"),
    fault(UPLOAD, "sends-a-megabyte", "large-file", "1048576 of 67108864 bytes, then silence"),
    fault(UPLOAD, "takes-no-md5-for-right", "size-missing", r#""other": "900150983…; exit status: 0"#),
    fault(UPLOAD, "does-not-compare", "confirmed-wrong", "ends with status 1…; exit status: 0"),
    fault(UPLOAD, "knows-no-error", "refused", "the server's text…is missing"),
    fault(UPLOAD, "waits-for-ever-to-send", "stops-reading", "s it still runs"),
    fault(CLASS, "puts-without-a-newline", "put", "; b'put up.txt>'"),
    fault(CLASS, "puts-no-empty-file", "put-empty-file", r"b'put up.txt\n'; 0 of 11 bytes, then silence…文件不存在"),
    fault(CLASS, "dies-of-a-missing-file", "put-missing-file", "it shows nothing more…FileNotFoundError"),
    fault(CLASS, "does-not-compare", "put-confirmed-wrong", "s it still runs…上传成功!"),
    fault(CLASS, "takes-silence-for-success", "put-unconfirmed", "s it still runs…上传成功!"),
    fault(CLASS, "takes-a-refusal-for-success", "put-refused", "no 上传成功!; …上传成功!"),
];

/// Program 14: uploads file.bin.
pub(in crate::check::faults) fn run(args: &BrokenArgs) -> Result<()> {
    let (conn, server) = connect(args)?;
    conn.set_read_timeout(args.timeout.limit())?;
    if !args.has("waits-for-ever-to-send") {
        conn.set_write_timeout(args.timeout.limit())?;
    }
    upload(args, &conn).with_context(|| format!("server {server}"))
}

fn upload(args: &BrokenArgs, mut conn: &TcpStream) -> Result<()> {
    let content = std::fs::read(args.dir.join("file.bin"))?;
    let size = content.len();
    if size == 0 && args.has("skips-an-empty-file") {
        return Ok(());
    }
    let mut json = format!(r#"{{"file_name": "file.bin", "file_size": {size}}}"#);
    if args.has("sends-no-space") {
        json = json.replace(": ", ":");
    }
    conn.write_all(&header::pack(json.as_bytes(), b"")?)?;
    let most = if args.has("sends-a-megabyte") {
        1 << 20
    } else {
        size
    };
    conn.write_all(&content[..most.min(size)])?;
    let md5 = transfer::md5_of(&names::open_local(&args.dir.join("file.bin"))?)?;
    let answer = header::read_json(&mut conn)?.context("it has left")?;
    if answer.contains_key("error") && !args.has("knows-no-error") {
        bail!("it refuses: {}", header::string(&answer, "error")?);
    }
    let stored_md5 = match answer.get("md5") {
        None if args.has("takes-no-md5-for-right") => &md5,
        _ => header::string(&answer, "md5")?,
    };
    let stored = (header::size(&answer, "file_size")?, stored_md5);
    ensure!(
        stored == (size as u64, &*md5) || args.has("does-not-compare"),
        "it stored something else"
    );
    Ok(())
}

/// Program 15: uploads a file of the folder `share`.
pub(super) fn put(args: &BrokenArgs, mut conn: &TcpStream, name: &str) -> Result<()> {
    let path = args.dir.join("share").join(name);
    if !path.exists() && args.has("dies-of-a-missing-file") {
        bail!("FileNotFoundError");
    }
    let content = std::fs::read(&path).ok();
    let skips = |content: &Vec<u8>| content.is_empty() && args.has("puts-no-empty-file");
    let Some(content) = content.filter(|content| !skips(content)) else {
        console::print_line("文件不存在")?;
        return Ok(());
    };
    let md5 = transfer::md5_of(&names::open_local(&path)?)?;
    let size = content.len() as u64;
    let mut packed = Vec::new();
    for text in [name, &md5] {
        packed.extend((text.len() as u64).to_le_bytes());
        packed.extend(text.as_bytes());
    }
    packed.extend(size.to_le_bytes());
    let end = if args.has("puts-without-a-newline") {
        ""
    } else {
        "\n"
    };
    conn.write_all(format!("put {name}{end}").as_bytes())?;
    conn.write_all(&header::pack(&packed, &content)?)?;
    if size > 0 {
        console::print_line(format_args!("总大小:{size} 已上传:{size}"))?;
    }
    match confirmation(args, conn) {
        Err(_) if args.has("takes-silence-for-success") => {}
        Ok(None) if args.has("takes-a-refusal-for-success") => {}
        Ok(None) => {
            console::warn("the server refuses it");
            return Ok(());
        }
        stored => ensure!(
            stored? == Some((md5, size)) || args.has("does-not-compare"),
            "it stored something else"
        ),
    }
    console::print_line("上传成功!")?;
    Ok(())
}
