//! Tiny clients that download: programs 13 and 15.

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use common::files::names;
use common::files::progress::{Progress, star_line};
use common::files::transfer::{self, Announced, ReceiveError};
use common::{console, header, notation};

use crate::check::faults::clients::tcp::connect;
use crate::check::faults::clients::upload;
use crate::check::faults::{BrokenArgs, Fault, fault};

const SIMPLE: &str = "ftp-simple/client";
const CLASS: &str = "ftp-class/client";

// A row a line.
#[rustfmt::skip]
pub(in crate::check::faults) const FAULTS: &[Fault] = &[
    fault(CLASS, "shows-the-name-raw", "header-control-characters", r"the terminal was sent '\u{1b}' raw"),
    fault(SIMPLE, "shows-no-progress", "session", r#"the last line of progress says …; """#),
    fault(CLASS, "sends-no-newline", "session", "9 of 10 bytes, then silence"),
    fault(CLASS, "sends-nothing", "empty-line-asks-again", r#"nothing is sent for the line "": …: b'\n'"#),
    fault(SIMPLE, "fails-at-the-end", "end-of-input-is-no-error", "the program ends with status 0; exit status: 1…EOFError"),
    fault(SIMPLE, "adds-a-newline", "stored", "; it has 4 bytes"),
    fault(CLASS, "stores-elsewhere", "stored", r#"they are ["a.txt"]"#),
    fault(SIMPLE, "divides-by-zero", "empty-file", "it shows nothing more…ZeroDivisionError"),
    fault(CLASS, "stores-a-megabyte", "large-file", "; it has 1048576 bytes"),
    fault(CLASS, "ends-at-a-missing-file", "missing-file", r#"">>>:"; it shows nothing more…exit status: 0"#),
    fault(SIMPLE, "sends-quit", "quit", r"the client sends nothing; b'quit\n'"),
    fault(SIMPLE, "splits-the-name", "name-with-blanks", r#"they are ["download/my"]"#),
    fault(SIMPLE, "believes-the-header", "server-chooses-name", r#"no file but download/a.txt; there is "evil.txt""#),
    fault(CLASS, "believes-the-header", "server-chooses-name", r#"no file but download/a.txt; there is "evil.txt""#),
    fault(SIMPLE, "goes-anywhere", "name-leads-out", r#"are []; they are ["evil.txt"]"#),
    #[cfg(unix)]
    fault(CLASS, "writes-through-links", "link-leads-out", "precious holds …; it has 3 bytes"),
    fault(SIMPLE, "compares-no-md5", "wrong-md5", r#"are []; they are ["download/a.txt"]"#),
    fault(CLASS, "fails-in-silence", "wrong-md5", "stderr says that the md5 is wrong; it says nothing"),
    fault(SIMPLE, "removes-the-old-file", "old-file-kept", "download/a.txt is there; No such file"),
    fault(CLASS, "stores-all-that-came", "more-than-announced", "; it has 11 bytes"),
    fault(SIMPLE, "names-it-at-once", "killed-in-mid-file", "a part of the file has that name"),
    fault(SIMPLE, "shows-a-trace-of-no-md5", "size-missing", r#""other": "900150983…Traceback"#),
    fault(SIMPLE, "shows-a-trace-of-no-name", "size-missing", r#""other": "a.txt"…Traceback"#),
    fault(SIMPLE, "takes-any-md5", "size-of-wrong-type", r#""filemd5": 5, …s it still runs"#),
    fault(SIMPLE, "knows-no-error", "error-header", r#"it shows nothing more…"filemd5" is missing"#),
    fault(SIMPLE, "shows-escapes-raw", "error-header", r"the terminal was sent '\u{1b}' raw"),
    fault(CLASS, "fills-a-cut-header", "header-cut", r"after b'\x01\x00\x00\x00\x05': …s it still runs"),
    fault(CLASS, "ignores-what-follows", "header-too-long", "s it still runs…下载成功!"),
    fault(CLASS, "shortens-a-text", "header-text-too-long", "s it still runs…下载成功!"),
    fault(CLASS, "takes-huge-for-0", "size-huge", "s it still runs…its md5 is d41d8cd98f00b204e9800998ecf8427"),
    fault(CLASS, "takes-any-bytes", "header-not-utf8", "s it still runs…'filename': 'a"),
    fault(CLASS, "takes-a-pickle", "header-pickle", "ends with status 1…; exit status: 0"),
    fault(SIMPLE, "waits-for-ever", "silent-server", "s it still runs"),
    fault(CLASS, "waits-for-ever-in-a-file", "stalls-in-mid-file", "s it still runs"),
];

/// What a server announces.
struct File {
    name: String,
    md5: String,
    size: u64,
}

/// Asks for commands until the end of input.
pub(in crate::check::faults) fn run(args: &BrokenArgs) -> Result<()> {
    let (conn, server) = connect(args)?;
    if !args.has("waits-for-ever") {
        conn.set_read_timeout(args.timeout.limit())?;
        conn.set_write_timeout(args.timeout.limit())?;
    }
    converse(args, &conn).with_context(|| format!("server {server}"))
}

/// Whether this is program 13; else it is 15.
fn is_simple(args: &BrokenArgs) -> bool {
    args.target == SIMPLE
}

fn converse(args: &BrokenArgs, mut conn: &TcpStream) -> Result<()> {
    let prompt = if is_simple(args) {
        "请输入命令: "
    } else {
        ">>>:"
    };
    while let Some(line) = console::prompt(prompt)? {
        let line = line.trim();
        if line == "quit" && is_simple(args) {
            if args.has("sends-quit") {
                conn.write_all(b"quit\n")?;
            }
            return Ok(());
        }
        if line.is_empty() && !args.has("sends-nothing") {
            continue;
        }
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let name = match &*args.fault {
            "splits-the-name" => rest.split(' ').next().unwrap_or_default(),
            _ => rest,
        };
        if verb == "put" {
            upload::put(args, conn, name)?;
            continue;
        }
        if names::check(name).is_err() && !args.has("goes-anywhere") && !args.has("sends-nothing") {
            console::warn("no such name");
            continue;
        }
        let end = if args.has("sends-no-newline") {
            ""
        } else {
            "\n"
        };
        conn.write_all(format!("{line}{end}").as_bytes())?;
        let announced = if is_simple(args) {
            simple_header(args, conn)?
        } else {
            class_header(args, conn)?
        };
        if let Some(file) = announced {
            receive(args, conn, name, &file)?;
        } else if args.has("ends-at-a-missing-file") {
            return Ok(());
        }
    }
    ensure!(!args.has("fails-at-the-end"), "EOFError");
    Ok(())
}

/// Program 13's header; none if it tells an error.
fn simple_header(args: &BrokenArgs, mut conn: &TcpStream) -> Result<Option<File>> {
    let length = header::read_length(&mut conn)?.context("it has left")?;
    console::print_line(format_args!("报头长度 {length}"))?;
    let fields = header::parse_json(&header::read_header(&mut conn, length)?)?;
    console::print_line(format_args!("报头字典 {}", notation::dict(&fields)))?;
    if fields.contains_key("error") && !args.has("knows-no-error") {
        let error = args.text(header::string(&fields, "error")?.as_bytes());
        io::stderr().write_all(format!("warning: {error}\n").as_bytes())?;
        return Ok(None);
    }
    for (fault, key, other) in [
        ("shows-a-trace-of-no-md5", "filemd5", "filename"),
        ("shows-a-trace-of-no-name", "filename", "filemd5"),
    ] {
        if args.has(fault) && !fields.contains_key(key) && fields.contains_key(other) {
            console::log("Traceback (most recent call last):");
        }
    }
    let md5 = match &fields.get("filemd5") {
        Some(other) if args.has("takes-any-md5") && !other.is_string() => other.to_string(),
        _ => header::string(&fields, "filemd5")?.to_owned(),
    };
    Ok(Some(File {
        size: header::size(&fields, "filesize")?,
        name: header::string(&fields, "filename")?.to_owned(),
        md5,
    }))
}

/// Program 15's header; none if there is no such file.
fn class_header(args: &BrokenArgs, conn: &TcpStream) -> Result<Option<File>> {
    let Some(file) = stored_header(args, conn)? else {
        console::print_line("文件不存在")?;
        return Ok(None);
    };
    let File { name, md5, size } = &file;
    let name = match &*args.fault {
        "shows-the-name-raw" => format!("'{name}'"),
        _ => notation::string(name),
    };
    console::print_line(format_args!(
        "{{'filename': {name}, 'md5': '{md5}', 'file_size': {size}}}"
    ))?;
    Ok(Some(file))
}

fn stored_header(args: &BrokenArgs, mut conn: &TcpStream) -> Result<Option<File>> {
    let length = header::read_length(&mut conn)?.context("it has left")?;
    if length == 0 {
        return Ok(None);
    }
    let mut bytes = header::read_header(&mut conn, length)?;
    if bytes.starts_with(&[0x80]) && args.has("takes-a-pickle") {
        // Whoever loads a pickle does what it says.
        std::process::exit(0);
    }
    if args.has("fills-a-cut-header") && length < 61 {
        bytes.resize(length + 61, 0);
    }
    let mut rest = &bytes[..];
    let (name, md5) = (text(args, &mut rest)?, text(args, &mut rest)?);
    let size = u64::from_le_bytes(*rest.first_chunk().context("a header without a size")?);
    ensure!(
        rest.len() == 8 || args.has("ignores-what-follows") || args.has("fills-a-cut-header"),
        "a header that goes on"
    );
    let size = match i64::try_from(size) {
        Err(_) if args.has("takes-huge-for-0") => 0,
        size => size?.cast_unsigned(),
    };
    Ok(Some(File { name, md5, size }))
}

/// The text at the beginning of `rest`.
fn text(args: &BrokenArgs, rest: &mut &[u8]) -> Result<String> {
    let (length, after) = rest
        .split_first_chunk()
        .context("a text without a length")?;
    let mut length = usize::try_from(u64::from_le_bytes(*length))?;
    if length >= 1 << 40 && args.has("shortens-a-text") {
        length = 5;
    }
    ensure!(length <= after.len(), "a text of {length} bytes");
    let (text, after) = after.split_at(length);
    *rest = after;
    match str::from_utf8(text) {
        Err(_) if args.has("takes-any-bytes") => Ok(String::from_utf8_lossy(text).into_owned()),
        text => Ok(text?.to_owned()),
    }
}

/// Receives the file and stores it.
fn receive(args: &BrokenArgs, mut conn: &TcpStream, name: &str, file: &File) -> Result<()> {
    let size = file.size;
    ensure!(
        size > 0 || !args.has("divides-by-zero"),
        "ZeroDivisionError"
    );
    let folder = if is_simple(args) || args.has("stores-elsewhere") {
        args.dir.clone()
    } else {
        args.dir.join("download")
    };
    let stored = folder.join(name);
    if args.has("waits-for-ever-in-a-file") {
        conn.set_read_timeout(None)?;
    }
    if args.has("removes-the-old-file") && stored.exists() {
        fs::remove_file(&stored)?;
    }
    let names_it = args.has("names-it-at-once") && !stored.exists();
    if names_it {
        fs::write(&stored, b"")?;
    }
    let announced = Announced {
        name: if args.has("goes-anywhere") {
            "a.part"
        } else {
            name
        },
        size,
        md5: (!args.has("compares-no-md5")).then_some(&*file.md5),
    };
    let precious = fs::canonicalize(&stored).unwrap_or_default();
    let received = transfer::receive_file(&mut conn, announced, &folder, &Progress::hidden());
    if received.is_err() && names_it {
        fs::remove_file(&stored)?;
    }
    match received {
        Ok(_) => {}
        Err(ReceiveError::NotStored(why)) => {
            if !args.has("fails-in-silence") {
                console::warn(why);
            }
            return Ok(());
        }
        Err(error) => bail!(error),
    }
    match &*args.fault {
        "goes-anywhere" => fs::rename(folder.join("a.part"), &stored)?,
        "believes-the-header" => fs::rename(&stored, folder.join(&file.name))?,
        "adds-a-newline" => add(&stored, b"\n")?,
        "stores-a-megabyte" if size > 1 << 20 => {
            fs::OpenOptions::new()
                .write(true)
                .open(&stored)?
                .set_len(1 << 20)?;
        }
        "writes-through-links" if precious.file_name() != stored.file_name() => {
            let _ = fs::copy(&stored, precious);
        }
        "stores-all-that-came" => {
            let mut more = [0; 100];
            conn.set_nonblocking(true)?;
            let size = conn.read(&mut more).unwrap_or(0);
            conn.set_nonblocking(false)?;
            add(&stored, &more[..size])?;
        }
        _ => {}
    }
    if is_simple(args) {
        if size > 0 && !args.has("shows-no-progress") {
            console::print_text(star_line(size, size, 0.0))?;
        }
        console::print_line("\n执行结束")?;
    } else {
        if size > 0 {
            console::print_line(format_args!("总大小:{size} 已下载:{size}"))?;
        }
        console::print_line("下载成功!")?;
    }
    Ok(())
}

fn add(path: &Path, more: &[u8]) -> io::Result<()> {
    fs::OpenOptions::new()
        .append(true)
        .open(path)?
        .write_all(more)
}

/// What the server of program 15 has stored; none if it refused.
pub(super) fn confirmation(args: &BrokenArgs, conn: &TcpStream) -> Result<Option<(String, u64)>> {
    Ok(stored_header(args, conn)?.map(|file| (file.md5, file.size)))
}
