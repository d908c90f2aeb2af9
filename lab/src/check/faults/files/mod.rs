//! A tiny file server: programs 13, 14 and 15.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Result;
use common::{console, notation};

use crate::check::faults::framed::spin;
use crate::check::faults::{BrokenArgs, Fault, fault, tcp};
use client::Client;

mod client;
mod get;
mod place;
mod put;

const GET: &str = "ftp-simple/server";
const PUT: &str = "ftp-simple/upload-server";
const BOTH: &str = "ftp-class/server";

/// What program 13 shows when it is ready for a client.
const READY: &str = "FTP服务器开始运行啦!";

pub(super) const FAULTS: &[Fault] = &[
    fault(GET, "puts-the-size-first", "session"),
    fault(PUT, "loses-the-last-byte", "session"),
    fault(BOTH, "packs-big-endian", "session"),
    fault(GET, "prints-nothing", "screen"),
    fault(PUT, "prints-the-name", "screen"),
    fault(BOTH, "prints-nothing", "screen"),
    fault(GET, "prints-more", "screen"),
    fault(BOTH, "prints-more", "screen"),
    fault(GET, "writes-non-ascii-raw", "non-ascii"),
    fault(PUT, "decodes-contents", "non-ascii"),
    fault(BOTH, "counts-characters", "non-ascii"),
    fault(GET, "refuses-empty-files", "empty-file"),
    fault(PUT, "ignores-empty-files", "empty-file"),
    fault(GET, "is-silent-about-a-missing-file", "unknown-file"),
    fault(BOTH, "closes-at-a-missing-file", "unknown-file"),
    fault(PUT, "takes-two-files-only", "several-files"),
    fault(PUT, "appends", "existing-name"),
    fault(GET, "cuts-at-a-mib", "large-file"),
    fault(PUT, "cuts-at-a-mib", "large-file"),
    fault(PUT, "serves-three-only", "next-client"),
    fault(BOTH, "serves-three-only", "next-client"),
    fault(GET, "is-ready-once", "ready-again"),
    fault(GET, "one-at-a-time", "side-by-side"),
    fault(PUT, "one-at-a-time", "side-by-side"),
    fault(GET, "spins-at-hang-up", "leaves-at-once"),
    fault(BOTH, "spins-in-mid-command", "leaves-in-mid-command"),
    fault(PUT, "spins-in-mid-header", "leaves-in-mid-header"),
    fault(PUT, "leaves-partial-files", "leaves-in-mid-upload"),
    fault(BOTH, "spins-in-mid-file", "leaves-in-mid-upload"),
    fault(GET, "dies-of-a-lost-client", "leaves-in-mid-download"),
    fault(PUT, "forgives-a-missing-byte", "smaller-than-announced"),
    fault(PUT, "spins-after-a-missing-byte", "smaller-than-announced"),
    fault(GET, "reads-before-the-thread", "silent-clients"),
    fault(GET, "sends-under-a-lock", "slow-reader"),
    fault(PUT, "stores-under-a-lock", "slow-sender"),
    fault(GET, "keeps-the-newline", "newline"),
    fault(GET, "splits-at-blanks", "name-with-blanks"),
    fault(GET, "reads-a-command-a-segment", "glued-commands"),
    fault(PUT, "reads-the-length-once", "byte-by-byte"),
    fault(PUT, "stores-all-that-came", "larger-than-announced"),
    fault(PUT, "throws-the-rest-away", "glued-files"),
    fault(PUT, "knows-one-spelling", "misspelt-size"),
    fault(PUT, "confirms-another-md5", "confirmation"),
    fault(GET, "lists-folders", "listing"),
    fault(GET, "dies-of-no-name", "name-missing"),
    fault(GET, "any-command-gets", "unknown-command"),
    fault(BOTH, "has-a-server-close", "unknown-command"),
    fault(GET, "dies-of-bad-text", "invalid-utf8"),
    fault(BOTH, "keeps-endless-commands", "endless-command"),
    fault(GET, "reads-outside", "name-leads-out"),
    fault(PUT, "writes-outside", "name-leads-out"),
    fault(PUT, "spins-after-a-bad-name", "name-leads-out"),
    fault(PUT, "stores-backslashes", "name-with-backslash"),
    fault(GET, "follows-links", "link-leads-out"),
    fault(PUT, "writes-through-links", "link-leads-out"),
    fault(GET, "opens-fifos", "not-a-file"),
    fault(PUT, "takes-100-bytes", "longest-name"),
    fault(GET, "dies-of-nul", "nul-in-name"),
    fault(PUT, "stores-escapes", "control-characters"),
    fault(BOTH, "shows-escapes-raw", "control-characters"),
    fault(PUT, "waits-at-a-negative-length", "length-negative"),
    fault(PUT, "waits-at-length-zero", "length-zero"),
    fault(PUT, "believes-any-length", "length-too-large"),
    fault(PUT, "dies-of-no-json", "header-not-json"),
    fault(PUT, "dies-of-no-object", "header-not-an-object"),
    fault(BOTH, "ignores-trailing-bytes", "header-not-bincode"),
    fault(BOTH, "runs-pickles", "pickle-as-header"),
    fault(PUT, "takes-a-missing-size-for-zero", "size-missing"),
    fault(PUT, "takes-a-wrong-type-for-zero", "size-of-wrong-type"),
    fault(PUT, "takes-a-negative-size-for-zero", "size-negative"),
    fault(PUT, "rounds-a-fractional-size", "size-fractional"),
    fault(PUT, "believes-any-size", "size-huge"),
    fault(BOTH, "believes-any-size", "size-huge"),
    fault(PUT, "refuses-duplicate-keys", "duplicate-keys"),
    fault(BOTH, "believes-the-md5", "wrong-md5"),
    fault(PUT, "removes-the-old-file-first", "existing-name-kept"),
    fault(PUT, "shares-a-temporary-file", "same-name-at-once"),
    fault(PUT, "writes-new-files-in-place", "killed-in-mid-upload"),
    fault(PUT, "dies-of-a-full-disk", "full-disk"),
    fault(GET, "remembers-md5s", "fresh-md5"),
    fault(GET, "sends-to-the-end", "file-grows"),
    fault(GET, "waits-for-a-shrunk-file", "file-shrinks"),
    fault(GET, "serves-fifty-beside-each-other", "many-at-once"),
    fault(GET, "spins-without-descriptors", "descriptors-run-out"),
    fault(GET, "serves-a-thousand-only", "many-in-a-row"),
    fault(BOTH, "no-reuseaddr", "restart"),
];

/// Serves each client in a thread of its own.
pub(super) fn serve(args: &'static BrokenArgs) -> Result<()> {
    static TALKING: AtomicUsize = AtomicUsize::new(0);
    let listener = tcp::listen(args)?;
    match args.target.as_str() {
        _ if args.has("prints-nothing") => {}
        GET => console::say(READY)?,
        BOTH => console::say("starting...")?,
        _ => {}
    }
    let most = match &*args.fault {
        "serves-three-only" => 3,
        "serves-a-thousand-only" => 1000,
        _ => usize::MAX,
    };
    for _ in 0..most {
        let (conn, peer) = tcp::accept(args, &listener);
        if args.target == GET && !args.has("prints-nothing") && !args.has("is-ready-once") {
            console::say(READY)?;
        }
        if args.has("serves-fifty-beside-each-other") && TALKING.load(Ordering::SeqCst) >= 50 {
            continue;
        }
        if args.has("reads-before-the-thread") {
            let _ = conn.peek(&mut [0]);
        }
        if args.has("one-at-a-time") {
            talk(args, &conn, peer);
            continue;
        }
        TALKING.fetch_add(1, Ordering::SeqCst);
        thread::spawn(move || {
            talk(args, &conn, peer);
            TALKING.fetch_sub(1, Ordering::SeqCst);
        });
    }
    loop {
        thread::park();
    }
}

/// One client, until it leaves or cannot be understood.
fn talk(args: &BrokenArgs, conn: &TcpStream, peer: SocketAddr) {
    // The next client's conversation is another.
    let ended = converse(&mut Client::new(args, conn), peer);
    if ended.is_err_and(|error| error.kind() == ErrorKind::ResourceBusy) {
        spin(conn);
    }
}

fn converse(client: &mut Client, peer: SocketAddr) -> io::Result<()> {
    let args = client.args;
    if args.target == PUT {
        let mut files = 0;
        while files
            < if args.has("takes-two-files-only") {
                2
            } else {
                usize::MAX
            }
        {
            if !put::take(client)? {
                break;
            }
            files += 1;
        }
        return Ok(());
    }
    if args.target == BOTH && !args.has("prints-nothing") {
        console::say(notation::address(peer))?;
    }
    while let Some(command) = client.command()? {
        if args.has("dies-of-bad-text") && str::from_utf8(&command).is_err() {
            std::process::exit(1);
        }
        let command = String::from_utf8_lossy(&command);
        if args.has("prints-more") {
            console::say(format_args!("got {command:?}"))?;
        }
        match verb_and_name(args, &command) {
            ("get", "") if args.has("dies-of-no-name") => std::process::exit(1),
            ("get", name) => get::file(client, name)?,
            ("ls", "") if args.target == GET => get::list(client)?,
            (_, name) if args.has("any-command-gets") => get::file(client, name)?,
            ("put", _) if args.target == BOTH => drop(put::take(client)?),
            ("server_close", _) if args.has("has-a-server-close") => std::process::exit(0),
            _ if args.target == GET => get::refuse(client)?,
            _ => {}
        }
    }
    Ok(())
}

fn verb_and_name<'c>(args: &BrokenArgs, command: &'c str) -> (&'c str, &'c str) {
    let (verb, name) = common::commands::words(command);
    match &*args.fault {
        "splits-at-blanks" => (verb, name.split(' ').next().unwrap_or_default()),
        "keeps-the-newline" => command.split_once(' ').unwrap_or((verb, name)),
        _ => (verb, name),
    }
}
