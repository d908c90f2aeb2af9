//! What the lessons ask of their file servers: files go over whole, behind a header.

use std::fs;

use common::notation;

use crate::check::Check;
use crate::check::Grade::{Protocol, Robust};
use crate::check::catalogue::files::lesson::{ALL, DOWNLOADS, Lesson, UPLOADS};
use crate::check::catalogue::wire::{md5, noise, send_body};
use crate::check::engine::context::Context;
use crate::check::engine::server::Server;
use crate::check::engine::trial::{Stop, Verdict};

const UPLOAD_SERVER: &[&str] = &["ftp-simple/upload-server"];

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "session",
        grade: Protocol,
        targets: ALL,
        sentence: "A client transfers two files, one after the other; each has the header that the lesson gives it, exactly, and all its bytes.",
        hint: "The order on the wire: struct.pack('i', len(header)), the header, the file's bytes. Keys, their order and their spelling are the lesson's; JSON is as json.dumps writes it.",
        run: session,
    },
    Check {
        name: "screen",
        grade: Protocol,
        targets: ALL,
        sentence: "A client transfers a file; the screen shows the lesson's lines, and nothing else.",
        hint: "stdout is the transcript: print exactly what the lesson prints, flush it, and send everything else to stderr.",
        run: screen,
    },
    Check {
        name: "non-ascii",
        grade: Protocol,
        targets: ALL,
        sentence: "A file named `文件é.bin` is transferred, whose bytes are all 256 there are and no text; it arrives unchanged under its name.",
        hint: "Names are text: UTF-8 in a command, \\uXXXX in JSON as json.dumps writes it, and a length counts bytes. Contents are bytes: open with \"rb\" and \"wb\" and never decode them.",
        run: non_ascii,
    },
    Check {
        name: "empty-file",
        grade: Protocol,
        targets: ALL,
        sentence: "A file of 0 bytes is transferred, then another on the same connection; both arrive.",
        hint: "After a size of 0 no byte follows: a loop `while received < size` is right, one that receives first waits for ever.",
        run: empty_file,
    },
    Check {
        name: "unknown-file",
        grade: Protocol,
        targets: DOWNLOADS,
        sentence: "A client asks for a file that is not there; the answer says so (a header of length 0; in the simple lesson an {\"error\": ...} or the end of the connection), and the server goes on.",
        hint: "Look whether the file is there before you send a header, and tell the client: it waits for an answer.",
        run: unknown_file,
    },
    Check {
        name: "several-files",
        grade: Protocol,
        targets: UPLOAD_SERVER,
        sentence: "A client sends three files on one connection, each when the one before is stored; all are stored.",
        hint: "Loop: after a file's last byte comes the next file's header. Only a closed connection ends the conversation.",
        run: several_files,
    },
    Check {
        name: "existing-name",
        grade: Protocol,
        targets: UPLOADS,
        sentence: "A client sends a short file under the name of a longer one that is there; it replaces that one whole.",
        hint: "Replace the old file, do not write over its beginning or append: open with \"wb\", or write a new file and os.replace the old one.",
        run: existing_name,
    },
    Check {
        name: "large-file",
        grade: Protocol,
        targets: ALL,
        sentence: "A file of 64 MiB is transferred; it arrives whole, and a header that carries the md5 carries the right one.",
        hint: "recv(n) may return less than n, and send may take less than it was given: count what has come, and use sendall.",
        run: large_file,
    },
    Check {
        name: "next-client",
        grade: Protocol,
        targets: UPLOAD_SERVER,
        sentence: "Five clients come one after another, each says goodbye; each is served.",
        hint: "A hang-up ends one conversation, not the server: close the connection and accept the next.",
        run: next_client,
    },
    Check {
        name: "next-client",
        grade: Robust,
        targets: DOWNLOADS,
        sentence: "Five clients come one after another, each says goodbye; each is served.",
        hint: "When a client hangs up, recv returns b'', again and again. `if not data: continue` spins there for ever and no one else is served: break instead.",
        run: next_client,
    },
    Check {
        name: "ready-again",
        grade: Robust,
        targets: &["ftp-simple/server"],
        sentence: "Two clients come one after another, transfer a file and say goodbye; the screen shows the lesson's line each time that the server is ready for a client, three times in all, and nothing else.",
        hint: "The line stands in the outer loop, before accept. A server that is stuck with the client who has left never comes back to it.",
        run: ready_again,
    },
];

/// What program 13 shows when it is ready for a client.
const READY: &str = "FTP服务器开始运行啦!\n";

const TEXT: (&str, &[u8]) = ("a.txt", "hello\nworld, 你好\n".as_bytes());
const LINE: (&str, &[u8]) = ("b.txt", b"no newline at the end");

/// Transfers `files` on one connection, each way that the server knows.
fn transfers(context: &Context, files: &[(&str, &[u8])]) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = lesson.start()?;
    let mut client = server.connect()?;
    if lesson.downloads() {
        for (name, bytes) in files {
            lesson.share(name, bytes)?;
            lesson.download(&mut client, name, bytes)?;
        }
    }
    if lesson.uploads() {
        for (name, bytes) in files {
            let mut upload = || {
                client.send(&lesson.announcement(name, &md5(bytes), bytes.len() as u64)?)?;
                send_body(&mut client, bytes)?;
                lesson.expect_stored(&mut client, name, bytes)
            };
            upload().map_err(|stop: Stop| stop.while_(&format!("an upload of {name:?}")))?;
        }
    }
    Ok(())
}

fn session(context: &mut Context) -> Verdict {
    transfers(context, &[TEXT, LINE])
}

fn screen(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    let (name, bytes) = TEXT;
    match context.number() {
        13 => server.expect_screen(READY)?,
        15 => server.expect_screen("starting...\n")?,
        _ => {}
    }
    let mut client = server.connect()?;
    if lesson.downloads() {
        lesson.exchange(&mut client)?;
    }
    if lesson.uploads() {
        client.send(&lesson.upload_of(name, bytes)?)?;
        lesson.expect_stored(&mut client, name, bytes)?;
    }
    if context.number() == 15 {
        let (address, md5) = (notation::address(client.local()?), md5(bytes));
        let size = bytes.len();
        server.expect_screen(&format!(
            "{address}\n{{'filename': '{name}', 'md5': '{md5}', 'file_size': {size}}}\n"
        ))?;
    }
    let shown = all_shown(&mut server)?;
    // A server that serves clients side by side is ready for the second already.
    if shown.is_empty() || context.number() == 13 && shown == READY {
        return Ok(());
    }
    Err(context.fail("the screen shows no more", format!("it shows {shown:?}")))
}

/// Kills the server, so that all that it printed has come, and returns what has not been looked at.
fn all_shown(server: &mut Server) -> Verdict<String> {
    let program = server.program()?;
    program.kill()?;
    Ok(program.rest())
}

fn ready_again(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    for _ in 0..2 {
        lesson.serves_the_next(&server)?;
    }
    server.expect_screen(&READY.repeat(3))?;
    match all_shown(&mut server)? {
        shown if shown.is_empty() => Ok(()),
        shown => Err(context.fail("the screen shows no more", format!("it shows {shown:?}"))),
    }
}

fn non_ascii(context: &mut Context) -> Verdict {
    let bytes: Vec<u8> = (0..=255).rev().collect();
    transfers(context, &[("文件é.bin", &bytes)])
}

fn empty_file(context: &mut Context) -> Verdict {
    transfers(context, &[("empty", b""), TEXT])
}

fn unknown_file(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = lesson.start()?;
    let mut client = server.connect()?;
    lesson.ask(&mut client, "nothing.txt")?;
    if lesson.expect_no_file(&mut client)? {
        return lesson
            .exchange(&mut client)
            .map_err(|stop| stop.while_("the conversation goes on"));
    }
    if context.number() == 15 {
        return Err(context.fail("a header of length 0", "the connection was closed"));
    }
    drop(client);
    lesson.serves_the_next(&server)
}

fn several_files(context: &mut Context) -> Verdict {
    transfers(context, &[TEXT, LINE, ("c", b"3")])
}

fn existing_name(context: &mut Context) -> Verdict {
    let (name, bytes) = TEXT;
    let lesson = Lesson::new(context)?;
    fs::write(lesson.uploaded().join(name), noise(5000))
        .map_err(|error| Stop::NotJudged(error.to_string()))?;
    let server = lesson.start()?;
    let mut client = server.connect()?;
    client.send(&lesson.upload_of(name, bytes)?)?;
    lesson.expect_stored(&mut client, name, bytes)
}

fn large_file(context: &mut Context) -> Verdict {
    transfers(context, &[("large.bin", &noise(64 << 20))])
}

fn next_client(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = lesson.start()?;
    for _ in 0..5 {
        lesson.serves_the_next(&server)?;
    }
    Ok(())
}
