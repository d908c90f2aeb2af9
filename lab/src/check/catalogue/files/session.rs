//! What the lessons ask of their file servers: files go over whole, behind a header.

use crate::check::catalogue::service::Service;
use crate::check::catalogue::wire::{md5, noise, send_body, write};
use crate::check::engine::context::Context;
use crate::check::engine::server::Server;
use crate::check::engine::trial::{Result, Stop};
use crate::pairs::dialect::fill;

pub(crate) const TEXT: (&str, &[u8]) = ("a.txt", "hello\nworld, 你好\n".as_bytes());
pub(crate) const LINE: (&str, &[u8]) = ("b.txt", b"no newline at the end");

/// Transfers `files` on one connection, each way that the server knows.
pub(crate) fn transfers(context: &Context, files: &[(&str, &[u8])]) -> Result {
    let (service, server) = Service::started(context)?;
    let mut client = server.connect()?;
    if service.downloads() {
        for (name, bytes) in files {
            service.share(name, bytes)?;
            service.download(&mut client, name, bytes)?;
        }
    }
    if service.uploads() {
        for (name, bytes) in files {
            let mut upload = || {
                client.send(&service.announcement(name, &md5(bytes), bytes.len() as u64))?;
                send_body(&mut client, bytes)?;
                service.expect_stored(&mut client, name, bytes)
            };
            upload().map_err(|stop: Stop| stop.while_(&format!("an upload of {name:?}")))?;
        }
    }
    Ok(())
}

pub(crate) fn screen(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    let dialect = context.dialect();
    let (name, bytes) = TEXT;
    server.expect_screen(dialect.server.opening)?;
    let mut client = server.connect()?;
    if service.downloads() {
        service.exchange(&mut client)?;
    }
    if service.uploads() {
        client.send(&service.upload_of(name, bytes))?;
        service.expect_stored(&mut client, name, bytes)?;
    }
    let dict = dialect.asks_in.dict(name, &md5(bytes), bytes.len());
    let shown = fill(dialect.server.shows, bytes, client.local()?).replace("{dict}", &dict);
    server.expect_screen(&shown)?;
    match all_shown(&mut server)? {
        // A server that serves clients side by side is ready for the second already.
        more if dialect.server.opens_each_round && more == dialect.server.opening => Ok(()),
        more => expect_no_more(context, &more),
    }
}

fn expect_no_more(context: &Context, shown: &str) -> Result {
    if shown.is_empty() {
        return Ok(());
    }
    Err(context.fail("the screen shows no more", format!("it shows {shown:?}")))
}

/// Kills the server, so that all that it printed has come, and returns what has not been looked at.
fn all_shown(server: &mut Server) -> Result<String> {
    let program = server.program()?;
    program.kill()?;
    Ok(program.rest())
}

pub(crate) fn ready_again(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    for _ in 0..2 {
        service.serves_the_next(&server)?;
    }
    server.expect_screen(&context.dialect().server.opening.repeat(3))?;
    expect_no_more(context, &all_shown(&mut server)?)
}

pub(crate) fn unknown_file(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    let mut client = server.connect()?;
    service.ask(&mut client, "nothing.txt")?;
    if service.expect_no_file(&mut client)? {
        return service
            .exchange(&mut client)
            .map_err(|stop| stop.while_("the conversation goes on"));
    }
    if service.confirms() {
        return Err(context.fail("a header of length 0", "the connection was closed"));
    }
    drop(client);
    service.serves_the_next(&server)
}

pub(crate) fn existing_name(context: &Context) -> Result {
    let (name, bytes) = TEXT;
    let service = Service::new(context)?;
    write(&service.uploaded().join(name), &noise(5000))?;
    let server = service.start()?;
    let mut client = server.connect()?;
    client.send(&service.upload_of(name, bytes))?;
    service.expect_stored(&mut client, name, bytes)
}

/// All bytes that there are, and no text.
pub(crate) fn all_bytes() -> Vec<u8> {
    (0..=255).rev().collect()
}
