//! Sends files.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use common::files::names::{self, OpenFile};
use common::files::transfer;
use common::json::dumps;
use serde_json::json;

use crate::check::faults::BrokenArgs;
use crate::check::faults::files::client::Client;
use crate::check::faults::files::{BOTH, GET};

fn share(args: &BrokenArgs) -> PathBuf {
    if args.target == GET {
        args.dir.clone()
    } else {
        args.dir.join("share")
    }
}

/// Sends a file, or says that there is none.
pub(super) fn file(client: &mut Client, name: &str) -> io::Result<()> {
    static LOCK: Mutex<()> = Mutex::new(());
    let args = client.args;
    let Some(file) = open(args, name) else {
        return refuse(client);
    };
    if file.size == 0 && args.has("refuses-empty-files") {
        return refuse(client);
    }
    let header = header(client, name, &md5(args, name, &file)?, file.size)?;
    let locked = args
        .has("sends-under-a-lock")
        .then(|| LOCK.lock().unwrap_or_else(PoisonError::into_inner));
    client.send(&header, b"")?;
    send(client, file)?;
    drop(locked);
    Ok(())
}

fn open(args: &BrokenArgs, name: &str) -> Option<OpenFile> {
    let share = share(args);
    if args.has("dies-of-nul") && name.contains('\0') {
        std::process::exit(1);
    }
    let unchecked = match &*args.fault {
        "reads-outside" => true,
        "follows-links" => names::check(name).is_ok(),
        "opens-fifos" => name == "fifo",
        _ => false,
    };
    if !unchecked {
        return names::open_shared(&share, name).ok();
    }
    let file = File::open(share.join(name)).ok()?;
    let metadata = file.metadata().ok()?;
    metadata.is_file().then(|| OpenFile {
        name: name.to_owned(),
        size: metadata.len(),
        file,
    })
}

fn md5(args: &BrokenArgs, name: &str, file: &OpenFile) -> io::Result<String> {
    static KNOWN: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if args.has("remembers-md5s")
        && let Some(md5) = known.get(name)
    {
        return Ok(md5.clone());
    }
    let md5 = transfer::md5_of(file)?;
    known.insert(name.to_owned(), md5.clone());
    Ok(md5)
}

fn header(client: &Client, name: &str, md5: &str, size: u64) -> io::Result<Vec<u8>> {
    if client.args.target == BOTH {
        return Ok(client.bincode(name, md5, size));
    }
    let header = if client.args.has("puts-the-size-first") {
        dumps(&json!({"filesize": size, "filename": name, "filemd5": md5}))?
    } else {
        dumps(&json!({"filename": name, "filemd5": md5, "filesize": size}))?
    };
    Ok(match &*client.args.fault {
        "writes-non-ascii-raw" => header.replace("\\u6587\\u4ef6\\u00e9", "文件é"),
        _ => header,
    }
    .into_bytes())
}

fn send(client: &mut Client, mut file: OpenFile) -> io::Result<()> {
    let args = client.args;
    let mut left = match &*args.fault {
        "cuts-at-a-mib" => file.size.min(1 << 20),
        "sends-to-the-end" => u64::MAX,
        _ => file.size,
    };
    let mut buffer = vec![0; 64 * 1024];
    while left > 0 {
        let room = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        match file.file.read(&mut buffer[..room])? {
            0 if args.has("sends-to-the-end") => break,
            0 if args.has("waits-for-a-shrunk-file") => thread::sleep(Duration::from_millis(5)),
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            size => {
                client.send_raw(&buffer[..size])?;
                left -= size as u64;
            }
        }
    }
    Ok(())
}

/// Says that there is no such file.
pub(super) fn refuse(client: &mut Client) -> io::Result<()> {
    match &*client.args.fault {
        "is-silent-about-a-missing-file" => Ok(()),
        "closes-at-a-missing-file" => Err(ErrorKind::InvalidData.into()),
        _ if client.args.target == BOTH => client.send(b"", b""),
        _ => client.send(dumps(&json!({"error": "no such file"}))?.as_bytes(), b""),
    }
}

/// Sends the names of the files.
pub(super) fn list(client: &mut Client) -> io::Result<()> {
    let share = share(client.args);
    let mut names = names::list_shared(&share).unwrap_or_default();
    if client.args.has("lists-folders") {
        names.push("folder".to_owned());
    }
    let list: String = names.iter().flat_map(|name| [name, "\n"]).collect();
    let header = dumps(&json!({"listsize": list.len()}))?;
    client.send(header.as_bytes(), list.as_bytes())
}
