//! Many clients at once and in a row, who transfer files.

use crate::check::catalogue::service::{KNOWN, Service, crowd};
use crate::check::engine::context::Context;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Result, Stop};

/// What client `number` transfers: a file that is known, or one of its own.
fn transfer(service: &Service, client: &mut Stream, number: usize) -> Result {
    if service.downloads() {
        // A newline ends it at once; without one, a server may wait for the rest of the command.
        client.send(format!("get {KNOWN}\n").as_bytes())?;
        return service.expect_known(client);
    }
    let (name, bytes) = upload(number);
    client.send(&service.upload_of(&name, bytes.as_bytes()))
}

/// The name and the text of the file that client `number` uploads.
fn upload(number: usize) -> (String, String) {
    (format!("{number}.txt"), format!("file {number}\n"))
}

/// Waits until what client `number` transferred is there.
fn expect_transferred(service: &Service, number: usize) -> Result {
    if service.downloads() {
        return Ok(());
    }
    let (name, bytes) = upload(number);
    service.await_file(&name, bytes.as_bytes())
}

pub(crate) fn many_at_once(context: &Context) -> Result {
    let (service, server) = &Service::started(context)?;
    let held = crowd(|number| {
        let mut client = server.connect()?;
        transfer(service, &mut client, number)?;
        Ok(client)
    })?;
    // Not in their threads: 200 that look for their files again and again keep the server from work.
    (0..held.len()).try_for_each(|number| expect_transferred(service, number))
}

pub(crate) fn many_in_a_row(context: &Context) -> Result {
    const CLIENTS: usize = 2000;
    let (service, mut server) = Service::started(context)?;
    for number in 0..CLIENTS {
        let visit = || {
            let mut client = server.connect()?;
            transfer(&service, &mut client, number)?;
            // To wait for every upload would take as long as all the rest. The lesson's backlog is 5.
            if number % 4 == 0 {
                expect_transferred(&service, number)?;
            }
            client.close();
            Ok(())
        };
        visit().map_err(|stop: Stop| {
            stop.while_(&format!("client {} of {CLIENTS} is served", number + 1))
        })?;
    }
    for number in 0..CLIENTS {
        expect_transferred(&service, number)?;
    }
    service.goes_on(&mut server)
}
