//! File names that strangers choose.

use std::path::Path;
use std::process::Command;

use crate::check::Check;
use crate::check::Grade::Robust;
use crate::check::catalogue::files::lesson::{ALL, KNOWN, Lesson, SECRET, UPLOADS};
use crate::check::engine::context::Context;
use crate::check::engine::server::Server;
use crate::check::engine::trial::{Stop, Verdict};

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "name-leads-out",
        grade: Robust,
        targets: ALL,
        sentence: "Clients use names with `..` and absolute names; nothing outside the shared folders is read or written, and the server goes on without burning processor time.",
        hint: "os.path.join(folder, \"../secret\") is outside, and with an absolute name the folder does not matter at all. Accept a name only if it is one plain component: no / or \\, not . or ..",
        run: name_leads_out,
    },
    Check {
        name: "name-with-backslash",
        grade: Robust,
        targets: UPLOADS,
        sentence: "A client uploads to `..\\evil.txt` and `C:\\evil.txt`; nothing is stored.",
        hint: "On Windows \\ separates folders as / does. Refuse both everywhere: then a name means the same on every system.",
        run: name_with_backslash,
    },
    #[cfg(unix)]
    Check {
        name: "link-leads-out",
        grade: Robust,
        targets: ALL,
        sentence: "A symbolic link in the shared folder leads to a file outside; it is neither read nor written through.",
        hint: "open() follows links. Resolve the path first (os.path.realpath) and look whether it still lies in the folder; replace a link with os.replace instead of opening it.",
        run: link_leads_out,
    },
    #[cfg(unix)]
    Check {
        name: "not-a-file",
        grade: Robust,
        targets: ALL,
        sentence: "Clients name a folder, and a FIFO to which nobody writes; they are refused at once, and the server goes on without burning processor time.",
        hint: "open() of a FIFO waits until somebody writes, and a folder raises. Ask os.path.isfile first.",
        run: not_a_file,
    },
    Check {
        name: "longest-name",
        grade: Robust,
        targets: ALL,
        sentence: "A name of 255 bytes is served as any other; one of 256 is refused, and the server goes on without burning processor time.",
        hint: "255 bytes is what file systems take; a longer name raises an OSError (File name too long). Catch it, or count before.",
        run: longest_name,
    },
    Check {
        name: "nul-in-name",
        grade: Robust,
        targets: ALL,
        sentence: "Clients use names with a NUL in them; they are refused, and the server goes on without burning processor time.",
        hint: "open(\"a\\0b\") raises a ValueError, which is not an OSError. Refuse control characters in names.",
        run: nul_in_name,
    },
    Check {
        name: "control-characters",
        grade: Robust,
        targets: ALL,
        sentence: "Clients use names with escape sequences and line breaks; nothing is stored under them, and the screen shows them escaped.",
        hint: "A terminal obeys escape sequences, whoever wrote them, and `ls` of the folder would show them again. Refuse such names, and print them with repr().",
        run: control_characters,
    },
];

/// A client asks for `name`; it must get nothing.
fn asks_in_vain(lesson: &Lesson, server: &Server, name: &str) -> Verdict {
    if !lesson.downloads() {
        return Ok(());
    }
    let mut client = server.connect()?;
    lesson.ask(&mut client, name)?;
    lesson
        .expect_no_file(&mut client)
        .map(drop)
        .map_err(|stop| stop.while_(&format!("get {name:?}")))
}

/// A client uploads to `name`; the server may store or refuse it, and must end the conversation.
fn uploads(lesson: &Lesson, server: &Server, name: &str) -> Verdict {
    if !lesson.uploads() {
        return Ok(());
    }
    let mut client = server.connect()?;
    client.send_to_whoever_listens(&lesson.upload_of(name, b"hello")?);
    client.finish_sending();
    client
        .expect_closed()
        .map_err(|stop| stop.while_(&format!("an upload to {name:?}")))
}

fn name_leads_out(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    let before = lesson.outside();
    let absolute = |name| lesson.folder().join(name).display().to_string();
    let out = format!("../{SECRET}");
    for name in [
        &out,
        "./../secret.txt",
        "../share/../secret.txt",
        "../../lesson/secret.txt",
        &absolute(SECRET),
        "..",
        "../",
        "..\\secret.txt",
    ] {
        asks_in_vain(&lesson, &server, name)?;
    }
    for name in [
        &out,
        "../evil.txt",
        "../../evil.txt",
        &absolute("evil.txt"),
        "..",
    ] {
        let ended = uploads(&lesson, &server, name);
        lesson.expect_outside(&before)?;
        ended?;
    }
    lesson.goes_on(&mut server)
}

fn name_with_backslash(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    for name in ["..\\evil.txt", "C:\\evil.txt"] {
        let ended = uploads(&lesson, &server, name);
        lesson.await_names(&[])?;
        ended?;
    }
    lesson.goes_on(&mut server)
}

#[cfg(unix)]
fn link_leads_out(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    link("../secret.txt", &lesson.shared().join("link.txt"))?;
    link("../secret.txt", &lesson.uploaded().join("link.txt"))?;
    let mut server = lesson.start()?;
    let before = lesson.outside();
    asks_in_vain(&lesson, &server, "link.txt")?;
    let ended = uploads(&lesson, &server, "link.txt");
    lesson.expect_outside(&before)?;
    ended?;
    lesson.goes_on(&mut server)
}

/// Makes a symbolic link to `target`.
#[cfg(unix)]
pub(super) fn link(target: &str, path: &Path) -> Verdict {
    std::os::unix::fs::symlink(target, path)
        .map_err(|error| Stop::NotJudged(format!("cannot link {}: {error}", path.display())))
}

#[cfg(unix)]
fn not_a_file(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    context.make_folder("lesson/share/folder")?;
    context.make_folder("lesson/upload/folder")?;
    let fifo = lesson.shared().join("fifo");
    if lesson.downloads() {
        // The command is portable, the system call is not.
        let made = Command::new("mkfifo").arg(&fifo).output();
        if !made.is_ok_and(|made| made.status.success()) {
            return Err(Stop::Skipped("no FIFO can be made here".to_owned()));
        }
    }
    let mut server = lesson.start()?;
    asks_in_vain(&lesson, &server, "folder")?;
    asks_in_vain(&lesson, &server, "fifo")?;
    uploads(&lesson, &server, "folder")?;
    if lesson.uploads() {
        lesson.await_names(&[])?;
    }
    lesson.goes_on(&mut server)
}

fn longest_name(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    // Two bytes each, and one.
    let longest = "é".repeat(127) + "n";
    let too_long = format!("{longest}n");
    lesson.share(&longest, b"hello\n")?;
    let mut server = lesson.start()?;
    let mut client = server.connect()?;
    if lesson.downloads() {
        lesson.download(&mut client, &longest, b"hello\n")?;
    }
    if lesson.uploads() {
        client.send(&lesson.upload_of(&longest, b"hello\n")?)?;
        lesson.expect_stored(&mut client, &longest, b"hello\n")?;
    }
    drop(client);
    asks_in_vain(&lesson, &server, &too_long)?;
    uploads(&lesson, &server, &too_long)?;
    if lesson.uploads() {
        lesson.await_names(&[&longest])?;
    }
    lesson.goes_on(&mut server)
}

/// Names of which none may be used.
fn refuses_names(lesson: &Lesson, server: &mut Server, names: &[&str]) -> Verdict {
    for name in names {
        asks_in_vain(lesson, server, name)?;
        let ended = uploads(lesson, server, name);
        if lesson.uploads() {
            lesson.await_names(&[])?;
        }
        ended?;
    }
    lesson.goes_on(server)
}

fn nul_in_name(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    refuses_names(
        &lesson,
        &mut server,
        &["a\0b.txt", "\0", &format!("{KNOWN}\0.png")],
    )
}

fn control_characters(context: &mut Context) -> Verdict {
    let lesson = Lesson::new(context)?;
    let mut server = lesson.start()?;
    let names = [
        "\x1b[2J\x1b]0;mine\x07x",
        "a\rb.txt",
        "a\u{9b}2Jb.txt",
        "\x7fx",
    ];
    refuses_names(&lesson, &mut server, &names)?;
    if context.number() != 15 {
        return server.program()?.expect_harmless_screen(&[]);
    }
    // This one prints what is uploaded.
    let mut client = server.connect()?;
    client.send(&lesson.upload_of("done.txt", b"")?)?;
    lesson.expect_stored(&mut client, "done.txt", b"")?;
    server.expect_harmless_screen("done.txt", &[])
}
