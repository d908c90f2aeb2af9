//! Uploads that meet: another upload, an older file, a full disk, the server's end.

use std::fs;

use crate::check::catalogue::service::Service;
use crate::check::catalogue::wire::{md5, noise, send_body, write};
use crate::check::engine::context::Context;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::Result;

pub(crate) fn wrong_md5(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    let mut client = server.connect()?;
    let announcement = service.announcement("a.txt", &md5(b"HELLO"), 5);
    client.send(&[&announcement[..], b"hello"].concat())?;
    let goes_on = service.expect_not_stored(&mut client)?;
    service.await_names(&[])?;
    if !goes_on {
        return Err(context.fail("a header of length 0", "the connection was closed"));
    }
    service.exchange(&mut client)
}

/// An older file is there, and an upload to its name is half done.
fn half_done(service: &Service, client: &mut Stream, old: &[u8]) -> Result {
    write(&service.uploaded().join("a.bin"), old)?;
    let whole = service.upload_of("a.bin", &noise(300_000));
    client.send(&whole[..200_000])?;
    // So that the server has begun to write before whatever comes next.
    client.wait_until_fetched().map(drop)
}

pub(crate) fn existing_name_kept(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    let mut client = server.connect()?;
    half_done(&service, &mut client, b"the old file\n")?;
    client.finish_sending();
    let ended = client.expect_closed();
    service.await_file("a.bin", b"the old file\n")?;
    ended?;
    service.await_names(&["a.bin"])
}

pub(crate) fn same_name_at_once(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    let files = [vec![b'a'; 400_000], vec![b'b'; 400_000]];
    let mut clients = [server.connect()?, server.connect()?];
    for (client, bytes) in clients.iter_mut().zip(&files) {
        client.send(&service.announcement("same.bin", &md5(bytes), bytes.len() as u64))?;
    }
    // A server that serves one after another fetches the second's when the first has left.
    let mut fetches = [true; 2];
    for (round, start) in (0..400_000).step_by(50_000).enumerate() {
        // Each is the last to write as often as the other.
        for number in [round % 2, 1 - round % 2] {
            clients[number].send(&files[number][start..start + 50_000])?;
            fetches[number] = fetches[number] && clients[number].wait_until_fetched()?;
        }
    }
    for client in &mut clients {
        client.finish_sending();
        client.expect_closed()?;
    }
    // A server may close the connection before it gives the file its name.
    service.wait_until("one of the two files, whole: 400,000 times a, or b", || {
        let stored = fs::read(service.uploaded().join("same.bin")).unwrap_or_default();
        if files.contains(&stored) {
            return Ok(());
        }
        Err(format!("{} bytes that are neither", stored.len()))
    })?;
    service.await_names(&["same.bin"])
}

pub(crate) fn killed_in_mid_upload(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    let mut client = server.connect()?;
    let mut other = server.connect()?;
    half_done(&service, &mut client, b"the old file\n")?;
    let whole = service.upload_of("b.bin", &noise(300_000));
    other.send(&whole[..200_000])?;
    other.wait_until_fetched()?;
    server.program()?.kill()?;
    if service.uploaded().join("b.bin").exists() {
        return Err(context.fail(
            "no file under the name of an upload that was not complete",
            "b.bin is there",
        ));
    }
    service.await_file("a.bin", b"the old file\n")
}

#[cfg(unix)]
pub(crate) fn full_disk(context: &Context) -> Result {
    let service = Service::new(context)?;
    // 512 bytes each.
    let server = service.start_as(service.launch().limit("-f 2048"))?;
    let mut client = server.connect()?;
    let bytes = noise(8 << 20);
    client.send(&service.announcement("large.bin", &md5(&bytes), bytes.len() as u64))?;
    // A server may hang up before it has read all of it.
    client.send_to_whoever_listens(&bytes);
    let goes_on = service.expect_not_stored(&mut client)?;
    service.await_names(&[])?;
    if goes_on {
        service
            .exchange(&mut client)
            .map_err(|stop| stop.while_("the conversation goes on"))?;
    }
    let mut next = server.connect()?;
    let small = noise(100_000);
    next.send(&service.announcement("small.bin", &md5(&small), small.len() as u64))?;
    send_body(&mut next, &small)?;
    service.expect_stored(&mut next, "small.bin", &small)
}
