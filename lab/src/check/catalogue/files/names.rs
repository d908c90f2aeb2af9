//! File names that strangers choose.

use std::path::Path;
use std::process::Command;

use crate::check::catalogue::service::{KNOWN, SECRET, Service};
use crate::check::engine::context::Context;
use crate::check::engine::server::Server;
use crate::check::engine::trial::{Result, Stop};
use crate::run::process::{PATIENCE, Process};

/// A client asks for `name`; it must get nothing.
fn asks_in_vain(service: &Service, server: &Server, name: &str) -> Result {
    if !service.downloads() {
        return Ok(());
    }
    let mut client = server.connect()?;
    service.ask(&mut client, name)?;
    service
        .expect_no_file(&mut client)
        .map(drop)
        .map_err(|stop| stop.while_(&format!("get {name:?}")))
}

/// A client uploads to `name`; the server may store or refuse it, and must end the conversation.
fn uploads(service: &Service, server: &Server, name: &str) -> Result {
    if !service.uploads() {
        return Ok(());
    }
    let mut client = server.connect()?;
    client.send_to_whoever_listens(&service.upload_of(name, b"hello"));
    client.finish_sending();
    client
        .expect_closed()
        .map_err(|stop| stop.while_(&format!("an upload to {name:?}")))
}

pub(crate) fn name_leads_out(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    let before = service.outside();
    let absolute = |name| service.folder().join(name).display().to_string();
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
        asks_in_vain(&service, &server, name)?;
    }
    for name in [
        &out,
        "../evil.txt",
        "../../evil.txt",
        &absolute("evil.txt"),
        "..",
    ] {
        let ended = uploads(&service, &server, name);
        service.expect_outside(&before)?;
        ended?;
    }
    service.goes_on(&mut server)
}

pub(crate) fn name_with_backslash(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    for name in ["..\\evil.txt", "C:\\evil.txt"] {
        let ended = uploads(&service, &server, name);
        service.await_names(&[])?;
        ended?;
    }
    service.goes_on(&mut server)
}

#[cfg(unix)]
pub(crate) fn link_leads_out(context: &Context) -> Result {
    let service = Service::new(context)?;
    link("../secret.txt", &service.shared().join("link.txt"))?;
    link("../secret.txt", &service.uploaded().join("link.txt"))?;
    let mut server = service.start()?;
    let before = service.outside();
    asks_in_vain(&service, &server, "link.txt")?;
    let ended = uploads(&service, &server, "link.txt");
    service.expect_outside(&before)?;
    ended?;
    service.goes_on(&mut server)
}

/// Makes a symbolic link to `target`.
#[cfg(unix)]
pub(super) fn link(target: &str, path: &Path) -> Result {
    std::os::unix::fs::symlink(target, path)
        .map_err(|error| Stop::NotJudged(format!("cannot link {}: {error}", path.display())))
}

#[cfg(unix)]
pub(crate) fn not_a_file(context: &Context) -> Result {
    let service = Service::new(context)?;
    context.make_folder("lesson/share/folder")?;
    context.make_folder("lesson/upload/folder")?;
    let fifo = service.shared().join("fifo");
    if service.downloads() {
        // The command is portable, the system call is not.
        let mkfifo = Process::start(Command::new("mkfifo").arg(&fifo));
        let ended = mkfifo.and_then(|mut mkfifo| Ok(mkfifo.wait(PATIENCE)?));
        if !ended.is_ok_and(|status| status.is_some_and(|status| status.success())) {
            return Err(Stop::Skipped("no FIFO can be made here".to_owned()));
        }
    }
    let mut server = service.start()?;
    asks_in_vain(&service, &server, "folder")?;
    asks_in_vain(&service, &server, "fifo")?;
    uploads(&service, &server, "folder")?;
    service.await_names(&[])?;
    service.goes_on(&mut server)
}

pub(crate) fn longest_name(context: &Context) -> Result {
    let service = Service::new(context)?;
    // Two bytes each, and one.
    let longest = "é".repeat(127) + "n";
    let too_long = format!("{longest}n");
    service.share(&longest, b"hello\n")?;
    let mut server = service.start()?;
    let mut client = server.connect()?;
    if service.downloads() {
        service.download(&mut client, &longest, b"hello\n")?;
    }
    if service.uploads() {
        client.send(&service.upload_of(&longest, b"hello\n"))?;
        service.expect_stored(&mut client, &longest, b"hello\n")?;
    }
    drop(client);
    asks_in_vain(&service, &server, &too_long)?;
    uploads(&service, &server, &too_long)?;
    if service.uploads() {
        service.await_names(&[&longest])?;
    }
    service.goes_on(&mut server)
}

/// Names of which none may be used.
fn refuses_names(service: &Service, server: &mut Server, names: &[&str]) -> Result {
    for name in names {
        asks_in_vain(service, server, name)?;
        let ended = uploads(service, server, name);
        service.await_names(&[])?;
        ended?;
    }
    service.goes_on(server)
}

pub(crate) fn nul_in_name(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    refuses_names(
        &service,
        &mut server,
        &["a\0b.txt", "\0", &format!("{KNOWN}\0.png")],
    )
}

pub(crate) fn control_characters(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    let names = [
        "\x1b[2J\x1b]0;mine\x07x",
        "a\rb.txt",
        "a\u{9b}2Jb.txt",
        "\x7fx",
    ];
    refuses_names(&service, &mut server, &names)?;
    if context.dialect().server.shows.is_empty() {
        return server.program()?.expect_harmless_screen(&[]);
    }
    // This one prints what is uploaded.
    let mut client = server.connect()?;
    client.send(&service.upload_of("done.txt", b""))?;
    service.expect_stored(&mut client, "done.txt", b"")?;
    server.expect_harmless_screen("done.txt", &[])
}
