//! Commands as a stream delivers them, and as nobody should send them.

use std::fs;

use serde_json::json;

use crate::check::catalogue::service::{KNOWN, Service, after};
use crate::check::catalogue::wire::frame;
use crate::check::engine::context::Context;
use crate::check::engine::server::Server;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Result, Stop};

pub(crate) fn newline(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    service.share("a.txt", b"hello\n")?;
    let mut client = server.connect()?;
    for _ in 0..2 {
        client.send(b"get a.txt\n")?;
        service.expect_file(&mut client, "a.txt", b"hello\n")?;
    }
    Ok(())
}

pub(crate) fn name_with_blanks(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    service.share("my file 2.txt", b"hello\n")?;
    service.download(&mut server.connect()?, "my file 2.txt", b"hello\n")
}

pub(crate) fn glued_commands(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    service.share("a.txt", b"one\n")?;
    service.share("b.txt", b"two\n")?;
    let mut client = server.connect()?;
    client.send(b"get a.txt\nget b.txt\n")?;
    service.expect_file(&mut client, "a.txt", b"one\n")?;
    service.expect_file(&mut client, "b.txt", b"two\n")
}

pub(crate) fn byte_by_byte(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    service.share("a.txt", b"one\n")?;
    let mut client = server.connect()?;
    if service.downloads() {
        // The first shows that this client sends newlines: without them each byte is a command.
        client.send(b"get a.txt\n")?;
        service.expect_file(&mut client, "a.txt", b"one\n")?;
        client.send_in_pieces(b"get a.txt\n", 1)?;
        service.expect_file(&mut client, "a.txt", b"one\n")?;
    }
    if service.uploads() {
        client.send_in_pieces(&service.upload_of("b.txt", b"two\n"), 1)?;
        service.expect_stored(&mut client, "b.txt", b"two\n")?;
    }
    Ok(())
}

pub(crate) fn larger_than_announced(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    let mut client = server.connect()?;
    let upload = service.upload_of("a.txt", b"hello");
    client.send_to_whoever_listens(&[&upload, &b"\xff\xff\xff\xff more"[..]].concat());
    service.expect_stored(&mut client, "a.txt", b"hello")?;
    client.finish_sending();
    client.expect_closed()?;
    service.await_file("a.txt", b"hello")?;
    service.goes_on(&mut server)
}

pub(crate) fn glued_files(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    let mut client = server.connect()?;
    let files = [
        ("a.txt", &b"one\n"[..]),
        ("b.txt", b""),
        ("c.txt", b"three"),
    ];
    let uploads = files.map(|(name, bytes)| service.upload_of(name, bytes));
    client.send(&uploads.concat())?;
    files
        .iter()
        .try_for_each(|(name, bytes)| service.expect_stored(&mut client, name, bytes))
}

pub(crate) fn misspelt_size(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    let mut client = server.connect()?;
    let header = context.dialect().asks_in.json("b", "", "5");
    client.send(&frame(header.replace("file_size", "file_siz"), b"hello"))?;
    service.expect_stored(&mut client, "b", b"hello")
}

/// Ours must do what the lesson's server does not do at all, and so need not anybody's.
fn answers(context: &Context, client: &mut Stream) -> Result {
    if context.is_ours() || client.await_answer(context.patience()) {
        return Ok(());
    }
    Err(Stop::Skipped(
        "the server does not answer, as the lesson's does not".to_owned(),
    ))
}

pub(crate) fn confirmation(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    let mut client = server.connect()?;
    for (name, bytes) in [("文件.txt", &b"hello\n"[..]), ("empty", b"")] {
        client.send(&service.upload_of(name, bytes))?;
        answers(context, &mut client)?;
        client.expect(&service.header(name, bytes))?;
        service.await_file(name, bytes)?;
    }
    Ok(())
}

pub(crate) fn listing(context: &Context) -> Result {
    let service = Service::new(context)?;
    service.share("文件.txt", b"hello\n")?;
    service.share("a b.txt", b"")?;
    context.make_folder("lesson/share/folder")?;
    #[cfg(unix)]
    super::names::link("../secret.txt", &service.shared().join("link.txt"))?;
    let server = service.start()?;
    let mut client = server.connect()?;
    client.send(&service.command("ls"))?;
    answers(context, &mut client)?;
    let unknown = || Stop::Skipped("the server does not know ls".to_owned());
    let Some(length) = client.receive_unless_closed(4)? else {
        return Err(unknown());
    };
    let fields = service.json_header(&mut client, &length)?;
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
    service.exchange(&mut client)
}

/// Clients send `commands`, each on a connection of its own; none may be served, and then the next
/// client is.
fn refuses(service: &Service, server: &mut Server, commands: &[&[u8]]) -> Result {
    for command in commands {
        let mut client = server.connect()?;
        client.send(command)?;
        if service.downloads() {
            client.finish_sending();
        }
        client.expect_closed().map_err(after(command))?;
    }
    service.goes_on(server)
}

pub(crate) fn name_missing(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    if service.downloads() {
        for words in ["get", "get ", "get ."] {
            let mut client = server.connect()?;
            client.send(&service.command(words))?;
            service.expect_no_file(&mut client)?;
        }
    }
    if service.uploads() {
        for name in ["", "."] {
            let mut client = server.connect()?;
            client.send_to_whoever_listens(&service.upload_of(name, b"hello"));
            client.finish_sending();
            client.expect_closed()?;
        }
        service.await_names(&[])?;
    }
    service.goes_on(&mut server)
}

pub(crate) fn unknown_command(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    let before = service.outside();
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
        let file = fs::read(service.shared().join(KNOWN)).unwrap_or_default();
        if !file.is_empty() && said.ends_with(&file) {
            return Err(context.fail(
                format!("{words:?} is no command that sends a file"),
                "it was answered with one",
            ));
        }
    }
    service.expect_outside(&before)?;
    service.goes_on(&mut server)
}

pub(crate) fn invalid_utf8(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    refuses(
        &service,
        &mut server,
        &[b"get caf\xe9.txt\n", b"\xff\xfe\n", b"get \xf0\x9f\n"],
    )
}

pub(crate) fn endless_command(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    let mut client = server.connect()?;
    client.send_until_stuck(&vec![b'x'; 64 * 1024])?;
    client.expect_closed()?;
    service.goes_on(&mut server)
}
