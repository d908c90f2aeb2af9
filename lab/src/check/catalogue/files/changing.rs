//! Files that change while, or before, they are served.

use std::fs::{self, File};
use std::io::{self, Write};

use crate::check::catalogue::service::Service;
use crate::check::catalogue::wire::{expect_body, noise};
use crate::check::engine::context::Context;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Result, Stop};

/// Larger than what the buffers of both sides hold.
const LARGE: usize = 32 << 20;

fn change<T>(result: io::Result<T>) -> Result<T> {
    result.map_err(|error| Stop::NotJudged(format!("cannot change a file: {error}")))
}

pub(crate) fn fresh_md5(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    let path = service.shared().join("a.txt");
    let mut client = server.connect()?;
    let mut first = None;
    for bytes in [b"first ", b"second", b"third "] {
        change(fs::write(&path, bytes))?;
        let file = change(File::options().write(true).open(&path))?;
        let modified = change(file.metadata().and_then(|metadata| metadata.modified()))?;
        change(file.set_modified(*first.get_or_insert(modified)))?;
        for _ in 0..2 {
            service.download(&mut client, "a.txt", bytes)?;
        }
    }
    Ok(())
}

/// A client has asked for a large file, and has received its header.
fn asks_for_a_large_file(service: &Service, client: &mut Stream) -> Result<Vec<u8>> {
    let bytes = noise(LARGE);
    service.share("large.bin", &bytes)?;
    service.ask(client, "large.bin")?;
    client.expect(&service.header("large.bin", &bytes))?;
    Ok(bytes)
}

pub(crate) fn file_grows(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    let mut client = server.connect()?;
    let bytes = asks_for_a_large_file(&service, &mut client)?;
    let path = service.shared().join("large.bin");
    let mut file = change(File::options().append(true).open(path))?;
    change(file.write_all(&[b'x'; 1000]))?;
    expect_body(&mut client, &bytes)?;
    service
        .exchange(&mut client)
        .map_err(|stop| stop.while_("the next answer follows in step"))
}

pub(crate) fn file_shrinks(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    let mut client = server.connect()?;
    asks_for_a_large_file(&service, &mut client)?;
    let path = service.shared().join("large.bin");
    let file = change(File::options().write(true).open(path))?;
    change(file.set_len(0))?;
    client.receive_at_most(LARGE)?;
    service.goes_on(&mut server)
}
