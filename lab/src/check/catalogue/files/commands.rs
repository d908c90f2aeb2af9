//! Commands as a stream delivers them, and as nobody should send them.

use std::fs;

use serde_json::json;

use crate::check::Check;
use crate::check::Grade::Robust;
use crate::check::catalogue::exchange::after;
use crate::check::catalogue::files::lesson::{ALL, DOWNLOADS, KNOWN, Lesson, UPLOADS, started};
use crate::check::catalogue::wire::{json_frame, md5};
use crate::check::engine::context::Context;
use crate::check::engine::server::Server;
use crate::check::engine::trial::{Stop, Verdict};

const SIMPLE: &[&str] = &["ftp-simple/server"];
const UPLOAD_SERVER: &[&str] = &["ftp-simple/upload-server"];
const CLASS: &[&str] = &["ftp-class/server"];

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "newline",
        grade: Robust,
        targets: SIMPLE,
        sentence: "A client ends its commands in a newline; each is answered as one without it.",
        hint: "A stream keeps no boundaries, so careful clients end a command in a newline. strip() the command before you take it apart.",
        run: newline,
    },
    Check {
        name: "name-with-blanks",
        grade: Robust,
        targets: DOWNLOADS,
        sentence: "A client asks for `my file 2.txt`; it is served under this name.",
        hint: "\"get my file.txt\".split() makes three words. Split once, split(None, 1), and the rest is the name.",
        run: name_with_blanks,
    },
    Check {
        name: "glued-commands",
        grade: Robust,
        targets: DOWNLOADS,
        sentence: "A client sends two commands in one segment, each with its newline; both are answered, in order.",
        hint: "One recv may return two commands. Keep what follows the newline for the next round.",
        run: glued_commands,
    },
    Check {
        name: "byte-by-byte",
        grade: Robust,
        targets: ALL,
        sentence: "A client sends its commands and headers one byte at a time, with newlines; they count as if they had come at once.",
        hint: "recv(4) returns up to 4 bytes, sometimes one. Read in a loop until all bytes of the command, the length, the header have come.",
        run: byte_by_byte,
    },
    Check {
        name: "larger-than-announced",
        grade: Robust,
        targets: UPLOADS,
        sentence: "A client announces a size and sends a few bytes more; the file has exactly the announced bytes, and the server goes on without burning processor time.",
        hint: "Receive min(missing, 1024), never a fixed 1024: what comes after the last announced byte is not the file's.",
        run: larger_than_announced,
    },
    Check {
        name: "glued-files",
        grade: Robust,
        targets: UPLOADS,
        sentence: "A client sends two whole uploads in one segment; both files are stored.",
        hint: "What comes after a file's last byte is the next message's beginning: receive no byte more than the file has, and throw none away.",
        run: glued_files,
    },
    Check {
        name: "misspelt-size",
        grade: Robust,
        targets: UPLOAD_SERVER,
        sentence: "A client spells the size's key `file_siz`, as the lesson's client does; its file is stored.",
        hint: "The lesson's two programs disagree about the key: accept file_size and file_siz.",
        run: misspelt_size,
    },
    Check {
        name: "confirmation",
        grade: Robust,
        targets: UPLOAD_SERVER,
        sentence: "A client uploads a file; a server that answers at all answers a header and {\"file_name\", \"file_size\", \"md5\"}, with the md5 of what it stored.",
        hint: "That send returned says nothing about the other side's disk: the md5 of what was stored does. Compute it from the bytes that came.",
        run: confirmation,
    },
    Check {
        name: "listing",
        grade: Robust,
        targets: SIMPLE,
        sentence: "A client asks for `ls`; a server that knows the command answers a header and {\"listsize\": N}, and the names of the files that it serves, sorted, a line each.",
        hint: "List what `get` would send, and nothing else: no folders, no links that lead out.",
        run: listing,
    },
    Check {
        name: "name-missing",
        grade: Robust,
        targets: ALL,
        sentence: "Clients give no file name, or an empty one; they are refused, and the server goes on without burning processor time.",
        hint: "\"get\".split()[1] raises an IndexError. Whatever a client sends, look before you take.",
        run: name_missing,
    },
    Check {
        name: "unknown-command",
        grade: Robust,
        targets: DOWNLOADS,
        sentence: "Clients send commands that there are not (`rm`, `__class__`, `server_close`); none has an effect, and the server goes on without burning processor time.",
        hint: "Do not let a peer choose what is called: getattr(self, cmds[0]) finds every method and attribute. Compare the command with those there are.",
        run: unknown_command,
    },
    Check {
        name: "invalid-utf8",
        grade: Robust,
        targets: DOWNLOADS,
        sentence: "A client sends a command that is not UTF-8; it is refused, and the server goes on without burning processor time.",
        hint: "decode() raises at the first bad byte. Catch it around this one command, or decode with errors=\"replace\".",
        run: invalid_utf8,
    },
    Check {
        name: "endless-command",
        grade: Robust,
        targets: CLASS,
        sentence: "A client sends a command of 64 MiB without an end; the connection is closed, and the server goes on without burning processor time.",
        hint: "Who waits for a newline must not wait for ever: set a limit for the length of a line, or one client takes all your memory.",
        run: endless_command,
    },
];

fn newline(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    lesson.share("a.txt", b"hello\n")?;
    let server = lesson.start()?;
    let mut client = server.connect()?;
    for _ in 0..2 {
        client.send(b"get a.txt\n")?;
        lesson.expect_file(&mut client, "a.txt", b"hello\n")?;
    }
    Ok(())
}

fn name_with_blanks(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    lesson.share("my file 2.txt", b"hello\n")?;
    let server = lesson.start()?;
    lesson.download(&mut server.connect()?, "my file 2.txt", b"hello\n")
}

fn glued_commands(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    lesson.share("a.txt", b"one\n")?;
    lesson.share("b.txt", b"two\n")?;
    let server = lesson.start()?;
    let mut client = server.connect()?;
    client.send(b"get a.txt\nget b.txt\n")?;
    lesson.expect_file(&mut client, "a.txt", b"one\n")?;
    lesson.expect_file(&mut client, "b.txt", b"two\n")
}

fn byte_by_byte(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    lesson.share("a.txt", b"one\n")?;
    let server = lesson.start()?;
    let mut client = server.connect()?;
    if lesson.downloads() {
        // The first shows that this client sends newlines: without them each byte is a command.
        client.send(b"get a.txt\n")?;
        lesson.expect_file(&mut client, "a.txt", b"one\n")?;
        client.send_in_pieces(b"get a.txt\n", 1)?;
        lesson.expect_file(&mut client, "a.txt", b"one\n")?;
    }
    if lesson.uploads() {
        client.send_in_pieces(&lesson.upload_of("b.txt", b"two\n")?, 1)?;
        lesson.expect_stored(&mut client, "b.txt", b"two\n")?;
    }
    Ok(())
}

fn larger_than_announced(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    let mut client = server.connect()?;
    let upload = lesson.upload_of("a.txt", b"hello")?;
    client.send_to_whoever_listens(&[&upload, &b"\xff\xff\xff\xff more"[..]].concat());
    lesson.expect_stored(&mut client, "a.txt", b"hello")?;
    client.finish_sending();
    client.expect_closed()?;
    lesson.await_file("a.txt", b"hello")?;
    lesson.goes_on(&mut server)
}

fn glued_files(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = lesson.start()?;
    let mut client = server.connect()?;
    let files = [
        ("a.txt", &b"one\n"[..]),
        ("b.txt", b""),
        ("c.txt", b"three"),
    ];
    let uploads: Verdict<Vec<_>> = files
        .iter()
        .map(|(name, bytes)| lesson.upload_of(name, bytes))
        .collect();
    client.send(&uploads?.concat())?;
    files
        .iter()
        .try_for_each(|(name, bytes)| lesson.expect_stored(&mut client, name, bytes))
}

fn misspelt_size(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = lesson.start()?;
    let mut client = server.connect()?;
    let fields = json!({"file_name": "b", "file_siz": 5});
    client.send(&json_frame(&fields, b"hello")?)?;
    lesson.expect_stored(&mut client, "b", b"hello")
}

/// Ours must do what the lesson's server does not do at all, and so need not anybody's.
fn answers(context: &Context, client: &mut crate::check::engine::stream::Stream) -> Verdict {
    if context.is_ours() || client.await_answer(context.patience()) {
        return Ok(());
    }
    Err(Stop::Skipped(
        "the server does not answer, as the lesson's does not".to_owned(),
    ))
}

fn confirmation(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let server = lesson.start()?;
    let mut client = server.connect()?;
    for (name, bytes) in [("文件.txt", &b"hello\n"[..]), ("empty", b"")] {
        client.send(&lesson.upload_of(name, bytes)?)?;
        answers(context, &mut client)?;
        let fields = json!({"file_name": name, "file_size": bytes.len(), "md5": md5(bytes)});
        client.expect(&json_frame(&fields, b"")?)?;
        lesson.await_file(name, bytes)?;
    }
    Ok(())
}

fn listing(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    lesson.share("文件.txt", b"hello\n")?;
    lesson.share("a b.txt", b"")?;
    context.make_folder("lesson/share/folder")?;
    #[cfg(unix)]
    super::names::link("../secret.txt", &lesson.shared().join("link.txt"))?;
    let server = lesson.start()?;
    let mut client = server.connect()?;
    client.send(&lesson.command("ls"))?;
    answers(context, &mut client)?;
    let unknown = || Stop::Skipped("the server does not know ls".to_owned());
    let Some(length) = client.receive_unless_closed(4)? else {
        return Err(unknown());
    };
    let fields = lesson.json_header(&mut client, &length)?;
    if fields.get("error").is_some() && !context.is_ours() {
        return Err(unknown());
    }
    let names = format!("a b.txt\n{KNOWN}\n文件.txt\n");
    if fields != json!({"listsize": names.len()}) {
        return Err(context.fail(
            format!("the header {{\"listsize\": {}}}", names.len()),
            format!("the header {fields}"),
        ));
    }
    client.expect(names.as_bytes())?;
    lesson.exchange(&mut client)
}

/// Clients send `commands`, each on a connection of its own; none may be served, and then the next
/// client is.
fn refuses(lesson: &Lesson, server: &mut Server, commands: &[&[u8]]) -> Verdict {
    for command in commands {
        let mut client = server.connect()?;
        client.send(command)?;
        if lesson.downloads() {
            client.finish_sending();
        }
        client.expect_closed().map_err(after(command))?;
    }
    lesson.goes_on(server)
}

fn name_missing(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    if lesson.downloads() {
        for words in ["get", "get ", "get ."] {
            let mut client = server.connect()?;
            client.send(&lesson.command(words))?;
            lesson.expect_no_file(&mut client)?;
        }
    }
    if lesson.uploads() {
        for name in ["", "."] {
            let mut client = server.connect()?;
            client.send_to_whoever_listens(&lesson.upload_of(name, b"hello")?);
            client.finish_sending();
            client.expect_closed()?;
        }
        lesson.await_names(&[])?;
    }
    lesson.goes_on(&mut server)
}

fn unknown_command(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    let before = lesson.outside();
    for words in [
        "rm known.txt",
        "known.txt",
        "__class__",
        "run",
        "server_close",
        "conn_close known.txt",
        "__init__ 127.0.0.1 0",
        "",
        " ",
    ] {
        let mut client = server.connect()?;
        client.send(&[words, "\n"].concat().into_bytes())?;
        client.finish_sending();
        let said = client.receive_to_close()?;
        let file = fs::read(lesson.shared().join(KNOWN)).unwrap_or_default();
        if !file.is_empty() && said.ends_with(&file) {
            return Err(context.fail(
                format!("{words:?} is no command that sends a file"),
                "it was answered with one",
            ));
        }
    }
    lesson.expect_outside(&before)?;
    lesson.goes_on(&mut server)
}

fn invalid_utf8(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    refuses(
        &lesson,
        &mut server,
        &[b"get caf\xe9.txt\n", b"\xff\xfe\n", b"get \xf0\x9f\n"],
    )
}

fn endless_command(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = started(lesson.launch())?;
    let mut client = server.connect()?;
    client.send_until_stuck(&vec![b'x'; 64 * 1024])?;
    client.expect_closed()?;
    lesson.goes_on(&mut server)
}
