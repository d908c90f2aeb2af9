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

// A row a line.
#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault(GET, "puts-the-size-first", "session", r#"; b'T\x00\x00\x00{"filesize": 20, "#),
    fault(PUT, "loses-the-last-byte", "session", "; the file has 19 bytes"),
    fault(BOTH, "packs-big-endian", "session", r"; b'\x00\x00\x00="),
    fault(GET, "prints-nothing", "screen", "FTP服务器开始运行啦!…it shows nothing more"),
    fault(PUT, "prints-the-name", "screen", r#"the screen shows no more; it shows "a.txt"#),
    fault(BOTH, "prints-nothing", "screen", "starting...…it shows nothing more"),
    fault(GET, "prints-more", "screen", "the screen shows no more; it shows …got"),
    fault(BOTH, "prints-more", "screen", "; it shows …got"),
    fault(GET, "writes-non-ascii-raw", "non-ascii", r"; b'…\xe6\x96\x87\xe4\xbb\xb6\xc3\xa9.bin"),
    fault(PUT, "decodes-contents", "non-ascii", "; the file has 512 bytes"),
    fault(BOTH, "counts-characters", "non-ascii", "which differs at byte 4"),
    fault(GET, "refuses-empty-files", "empty-file", "; b'…no such file"),
    fault(PUT, "ignores-empty-files", "empty-file", "empty with 0 bytes; the folder has []"),
    fault(GET, "is-silent-about-a-missing-file", "unknown-file", "0 bytes, then silence"),
    fault(BOTH, "closes-at-a-missing-file", "unknown-file", "a header of length 0; the connection was closed"),
    fault(PUT, "takes-two-files-only", "several-files", r#"an upload of "c": "#),
    fault(PUT, "appends", "existing-name", "; the file has 5020 bytes"),
    fault(GET, "cuts-at-a-mib", "large-file", "bytes from 1048576 on: …silence"),
    fault(PUT, "cuts-at-a-mib", "large-file", "with 67108864 bytes; the file has 10"),
    fault(PUT, "serves-three-only", "next-client", "the next client is served: …the folder has []"),
    fault(BOTH, "serves-three-only", "next-client", "the next client is served: …then silence"),
    fault(GET, "is-ready-once", "ready-again", r#"it shows "FTP服务器开始运行啦!\n""#),
    fault(GET, "one-at-a-time", "side-by-side", "client 2 of 3, beside the others, is served: …silence"),
    fault(PUT, "one-at-a-time", "side-by-side", "client 2 of 3, beside the others, is served: …the folder has []"),
    fault(GET, "spins-at-hang-up", "leaves-at-once", "it spins"),
    fault(BOTH, "spins-in-mid-command", "leaves-in-mid-command", "it spins"),
    fault(PUT, "spins-in-mid-header", "leaves-in-mid-header", "it spins"),
    fault(PUT, "leaves-partial-files", "leaves-in-mid-upload", r#"is stored []; there is ["."#),
    fault(BOTH, "spins-in-mid-file", "leaves-in-mid-upload", "it spins"),
    fault(GET, "dies-of-a-lost-client", "leaves-in-mid-download", "the program: exit status: 1"),
    fault(PUT, "forgives-a-missing-byte", "smaller-than-announced", r#"is stored []; there is ["a.txt"]"#),
    fault(PUT, "spins-after-a-missing-byte", "smaller-than-announced", "it spins"),
    fault(GET, "reads-before-the-thread", "silent-clients", "the next client is served: …then silence"),
    fault(GET, "sends-under-a-lock", "slow-reader", "the next client is served: …then silence"),
    fault(PUT, "stores-under-a-lock", "slow-sender", "the next client is served: …the folder has"),
    fault(GET, "keeps-the-newline", "newline", "; b'…no such file"),
    fault(GET, "splits-at-blanks", "name-with-blanks", "; b'…no such file"),
    fault(GET, "reads-a-command-a-segment", "glued-commands", "b.txt…0 of 87 bytes, then silence"),
    fault(PUT, "reads-the-length-once", "byte-by-byte", "bytes in pieces, …it has closed the connection"),
    fault(PUT, "stores-all-that-came", "larger-than-announced", "a.txt with 5 bytes; the file has 14 bytes"),
    fault(PUT, "throws-the-rest-away", "glued-files", r#"b.txt with 0 bytes; the folder has ["a.txt"]"#),
    fault(PUT, "knows-one-spelling", "misspelt-size", "b with 5 bytes; the folder has []"),
    fault(PUT, "confirms-another-md5", "confirmation", r#"; b'…"md5": "0000"#),
    fault(GET, "lists-folders", "listing", r#""listsize": 29}; the header {"listsize":36}"#),
    fault(GET, "dies-of-no-name", "name-missing", "connecting failed: Connection refused…exit status: 1"),
    fault(GET, "any-command-gets", "unknown-command", "is no command that sends a file; it was answered with one"),
    fault(BOTH, "has-a-server-close", "unknown-command", "connecting failed: Connection refused…exit status: 0"),
    fault(GET, "dies-of-bad-text", "invalid-utf8", "connecting failed: Connection refused…exit status: 1"),
    fault(BOTH, "keeps-endless-commands", "endless-command", "the program closes the connection; 0 bytes, then silence"),
    fault(GET, "reads-outside", "name-leads-out", r#"get "../secret.txt": …; the header {"filename""#),
    fault(PUT, "writes-outside", "name-leads-out", "outside the upload folder; lesson/secret.txt was written"),
    fault(PUT, "spins-after-a-bad-name", "name-leads-out", "it spins"),
    fault(PUT, "stores-backslashes", "name-with-backslash", r#"is stored []; there is [".."#),
    fault(GET, "follows-links", "link-leads-out", r#"get "link.txt": …; the header {"filename""#),
    fault(PUT, "writes-through-links", "link-leads-out", "outside the upload folder; lesson/secret.txt was written"),
    fault(GET, "opens-fifos", "not-a-file", r#"get "fifo": …silence"#),
    fault(PUT, "takes-100-bytes", "longest-name", "with 6 bytes; the folder has []"),
    fault(GET, "dies-of-nul", "nul-in-name", "connecting failed: Connection refused…exit status: 1"),
    fault(PUT, "stores-escapes", "control-characters", r#"is stored []; there is ["\u{1b}[2J"#),
    fault(BOTH, "shows-escapes-raw", "control-characters", r"the terminal was sent '\u{1b}' raw"),
    fault(PUT, "waits-at-a-negative-length", "length-negative", r"after b'\xff\xff\xff\xff': the program closes the connection; 0 bytes, then silence"),
    fault(PUT, "waits-at-length-zero", "length-zero", r"after b'\x00\x00\x00\x00': the program closes the connection; 0 bytes, then silence"),
    fault(PUT, "believes-any-length", "length-too-large", "after b'…: the program closes the connection; 0 bytes, then silence"),
    fault(PUT, "dies-of-no-json", "header-not-json", "connecting failed: Connection refused…exit status: 1"),
    fault(PUT, "dies-of-no-object", "header-not-an-object", "connecting failed: Connection refused…exit status: 1"),
    fault(BOTH, "ignores-trailing-bytes", "header-not-bincode", "the program closes the connection; 65 bytes, then silence"),
    fault(BOTH, "runs-pickles", "pickle-as-header", "nothing that a pickle says is run"),
    fault(PUT, "takes-a-missing-size-for-zero", "size-missing", r#""size": 5}': the program closes the connection; 85 bytes"#),
    fault(PUT, "takes-a-wrong-type-for-zero", "size-of-wrong-type", r#""5"}': the program closes the connection; 85 bytes"#),
    fault(PUT, "takes-a-negative-size-for-zero", "size-negative", "-1}': the program closes the connection; 85 bytes"),
    fault(PUT, "rounds-a-fractional-size", "size-fractional", "3.5}': the program closes the connection; 85 bytes"),
    fault(PUT, "believes-any-size", "size-huge", "9223372036854775808}': the program closes the connection; 0 bytes, then silence"),
    fault(BOTH, "believes-any-size", "size-huge", r"\x80': the program closes the connection; 0 bytes, then silence"),
    fault(PUT, "refuses-duplicate-keys", "duplicate-keys", "b with 5 bytes; the folder has []"),
    fault(BOTH, "believes-the-md5", "wrong-md5", "nothing was stored; a length of"),
    fault(PUT, "removes-the-old-file-first", "existing-name-kept", "a.bin with 13 bytes; the folder has"),
    fault(PUT, "shares-a-temporary-file", "same-name-at-once", "one of the two files, whole"),
    fault(PUT, "writes-new-files-in-place", "killed-in-mid-upload", "b.bin is there"),
    fault(PUT, "dies-of-a-full-disk", "full-disk", "exit status: 1"),
    fault(GET, "remembers-md5s", "fresh-md5", "which differs at byte"),
    fault(GET, "sends-to-the-end", "file-grows", "the next answer follows in step: …b'xxxx"),
    fault(GET, "waits-for-a-shrunk-file", "file-shrinks", "or the end of the connection; …then silence"),
    fault(GET, "serves-fifty-beside-each-other", "many-at-once", "of 200, all at once, is served: "),
    fault(GET, "spins-without-descriptors", "descriptors-run-out", "it spins"),
    fault(GET, "serves-a-thousand-only", "many-in-a-row", "client 1001 of 2000 is served: "),
    fault(BOTH, "no-reuseaddr", "restart", "the server starts; …Address already in use"),
];

/// Serves each client in a thread of its own.
pub(super) fn serve(args: &'static BrokenArgs) -> Result<()> {
    static TALKING: AtomicUsize = AtomicUsize::new(0);
    let listener = tcp::listen(args)?;
    match args.target.as_str() {
        _ if args.has("prints-nothing") => {}
        GET => console::print_line(READY)?,
        BOTH => console::print_line("starting...")?,
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
            console::print_line(READY)?;
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
        console::print_line(notation::address(peer))?;
    }
    while let Some(command) = client.command()? {
        if args.has("dies-of-bad-text") && str::from_utf8(&command).is_err() {
            std::process::exit(1);
        }
        let command = String::from_utf8_lossy(&command);
        if args.has("prints-more") {
            console::print_line(format_args!("got {command:?}"))?;
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
    let (verb, name) = common::files::commands::words(command);
    match &*args.fault {
        "splits-at-blanks" => (verb, name.split(' ').next().unwrap_or_default()),
        "keeps-the-newline" => command.split_once(' ').unwrap_or((verb, name)),
        _ => (verb, name),
    }
}
