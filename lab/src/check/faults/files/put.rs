//! Stores files.

use std::io::{self, ErrorKind};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use common::json::dumps;
use common::{console, notation};
use md5::{Digest, Md5};
use serde_json::json;

use crate::check::engine::hexdump;
use crate::check::faults::BrokenArgs;
use crate::check::faults::files::client::Client;
use crate::check::faults::files::place::Place;
use crate::check::faults::files::{BOTH, PUT};
use crate::check::faults::framed::{announced, json_object, run_pickle};

/// What an upload's header says.
struct Announced {
    name: String,
    md5: Option<String>,
    size: u64,
}

/// Takes one upload, header and all. `false` when the client has left instead.
pub(super) fn take(client: &mut Client) -> io::Result<bool> {
    static LOCK: Mutex<()> = Mutex::new(());
    let args = client.args;
    let length = loop {
        let Some(length) = client.take(4)? else {
            if args.has("spins-at-hang-up") {
                continue;
            }
            return Ok(false);
        };
        let length = i32::from_le_bytes(length.try_into().unwrap_or_default());
        let waits = length < 0 && args.has("waits-at-a-negative-length")
            || length == 0 && args.has("waits-at-length-zero");
        if !waits {
            break length;
        }
    };
    let most = match &*args.fault {
        "believes-any-length" => i32::MAX,
        _ => 65_536,
    };
    let size = usize::try_from(length).ok().filter(|_| length <= most);
    let Some(header) = client.take(size.ok_or(ErrorKind::InvalidData)?)? else {
        return Ok(false);
    };
    if args.has("runs-pickles") {
        run_pickle(&header)?;
    }
    let announced = match args.target.as_str() {
        PUT => json_header(args, &header),
        _ => bincode_header(args, &header),
    };
    let announced = announced.ok_or(ErrorKind::InvalidData)?;
    if announced.size > i64::MAX as u64 {
        while args.has("believes-any-size") {
            thread::sleep(Duration::from_secs(1));
        }
        return Err(ErrorKind::InvalidData.into());
    }
    show(args, &announced)?;
    let locked = args
        .has("stores-under-a-lock")
        .then(|| LOCK.lock().unwrap_or_else(PoisonError::into_inner));
    let stored = store(client, &announced)?;
    drop(locked);
    answer(client, &announced, stored)?;
    Ok(true)
}

fn json_header(args: &BrokenArgs, header: &[u8]) -> Option<Announced> {
    let fields = json_object(args, header, "file_size")?;
    let misspelt = fields
        .get("file_siz")
        .filter(|_| !args.has("knows-one-spelling"));
    Some(Announced {
        name: fields.get("file_name")?.as_str()?.to_owned(),
        md5: None,
        size: announced(args, fields.get("file_size").or(misspelt))?,
    })
}

fn bincode_header(args: &BrokenArgs, header: &[u8]) -> Option<Announced> {
    let mut rest = header;
    let mut take = |size: usize| {
        let (taken, after) = rest.split_at_checked(size)?;
        rest = after;
        Some(taken)
    };
    let mut number = || Some(u64::from_le_bytes(take(8)?.try_into().ok()?));
    let name_size = number()?;
    let name = str::from_utf8(take(usize::try_from(name_size).ok()?)?).ok()?;
    let md5_size = u64::from_le_bytes(take(8)?.try_into().ok()?);
    let md5 = str::from_utf8(take(usize::try_from(md5_size).ok()?)?).ok()?;
    let size = u64::from_le_bytes(take(8)?.try_into().ok()?);
    if !rest.is_empty() && !args.has("ignores-trailing-bytes") {
        return None;
    }
    Some(Announced {
        name: name.to_owned(),
        md5: Some(md5.to_owned()),
        size,
    })
}

fn show(args: &BrokenArgs, announced: &Announced) -> io::Result<()> {
    let Announced { name, md5, size } = announced;
    if args.has("prints-the-name") {
        return console::print_line(console::escape_to_one_line(name));
    }
    if args.target != BOTH || args.has("prints-nothing") {
        return Ok(());
    }
    let name = match &*args.fault {
        "shows-escapes-raw" => format!("'{name}'"),
        _ => notation::string(name),
    };
    let md5 = notation::string(md5.as_deref().unwrap_or_default());
    console::print_line(format_args!(
        "{{'filename': {name}, 'md5': {md5}, 'file_size': {size}}}"
    ))
}

/// Receives a file and stores it. `None` when it is refused.
fn store(client: &mut Client, announced: &Announced) -> io::Result<Option<String>> {
    let args = client.args;
    let mut place = Place::open(args, &announced.name).ok();
    if args.has("spins-after-a-bad-name") && announced.name.contains("..") {
        return Err(ErrorKind::ResourceBusy.into());
    }
    let mut digest = Md5::new();
    let (mut left, mut written) = (announced.size, 0);
    while left > 0 {
        if client.buffer.is_empty() && client.receive()? == 0 {
            if args.has("spins-in-mid-file") {
                continue;
            }
            if left == 1 && args.has("forgives-a-missing-byte") {
                break;
            }
            if left == 1 && args.has("spins-after-a-missing-byte") {
                return Err(ErrorKind::ResourceBusy.into());
            }
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let count = match &*args.fault {
            "stores-all-that-came" => client.buffer.len(),
            _ => usize::try_from(left)
                .unwrap_or(usize::MAX)
                .min(client.buffer.len()),
        };
        let mut bytes: Vec<u8> = client.buffer.drain(..count).collect();
        left = left.saturating_sub(count as u64);
        digest.update(&bytes);
        if left == 0 && args.has("loses-the-last-byte") {
            bytes.pop();
        }
        if args.has("decodes-contents") {
            bytes = String::from_utf8_lossy(&bytes).into_owned().into_bytes();
        }
        written += bytes.len();
        if written > 1 << 20 && args.has("cuts-at-a-mib") {
            continue;
        }
        if place
            .as_mut()
            .is_some_and(|place| place.write(&bytes).is_err())
        {
            if args.has("dies-of-a-full-disk") {
                std::process::exit(1);
            }
            place = None;
        }
    }
    if args.has("throws-the-rest-away") {
        client.buffer.clear();
    }
    let md5 = hexdump::digits(&digest.finalize());
    let differs = announced.md5.as_ref().is_some_and(|told| *told != md5);
    if differs && !args.has("believes-the-md5") {
        return Ok(None);
    }
    if announced.size == 0 && args.has("ignores-empty-files") {
        return Ok(Some(md5));
    }
    let kept = place.is_some_and(|place| place.keep().is_ok());
    Ok(kept.then_some(md5))
}

fn answer(client: &mut Client, announced: &Announced, stored: Option<String>) -> io::Result<()> {
    let Announced { name, size, .. } = announced;
    let answer = match (stored, client.args.target.as_str()) {
        (None, PUT) => dumps(&json!({"error": "not stored"}))?.into_bytes(),
        (Some(md5), PUT) => {
            let md5 = match &*client.args.fault {
                "confirms-another-md5" => "0".repeat(32),
                _ => md5,
            };
            dumps(&json!({"file_name": name, "file_size": size, "md5": md5}))?.into_bytes()
        }
        (None, _) => Vec::new(),
        (Some(md5), _) => client.bincode(name, &md5, *size),
    };
    client.send(&answer, b"")
}
