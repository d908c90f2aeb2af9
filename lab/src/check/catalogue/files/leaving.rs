//! Clients that leave too early, or stay and do nothing.

use std::time::Instant;

use crate::check::catalogue::SHORT_TIMEOUT;
use crate::check::catalogue::service::Service;
use crate::check::catalogue::wire::{md5, noise};
use crate::check::engine::context::{Context, TIMEOUT};
use crate::check::engine::server::Server;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Result, Stop};
use crate::host::sockets::{self, State};

/// The two ways to go.
const LEAVE: [fn(Stream); 2] = [Stream::close, Stream::reset];

/// Each of `beginnings` is all that a client says before it leaves.
fn leaves_after(service: &Service, server: &Server, beginnings: &[&[u8]]) -> Result {
    for beginning in beginnings {
        for leave in LEAVE {
            let mut client = server.connect()?;
            client.send(beginning)?;
            leave(client);
        }
    }
    service.await_names(&[])
}

pub(crate) fn leaves_in_mid_command(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    leaves_after(&service, &server, &[b"g", b"get kno", b"put a.txt"])?;
    service.goes_on(&mut server)
}

pub(crate) fn leaves_in_mid_header(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    let whole = service.announcement("a.txt", &md5(b"hello"), 5);
    let command = service.put("a.txt").len();
    leaves_after(
        &service,
        &server,
        &[
            &whole[..command + 2],
            &whole[..command + 4],
            &whole[..whole.len() - 3],
        ],
    )?;
    service.goes_on(&mut server)
}

pub(crate) fn leaves_in_mid_upload(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    let whole = service.upload_of("a.bin", &noise(300_000));
    leaves_after(&service, &server, &[&whole[..200], &whole[..200_000]])?;
    service.goes_on(&mut server)?;
    // Whatever was slow to go has had its time.
    service.await_names(&[])
}

pub(crate) fn leaves_in_mid_download(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    service.share("large.bin", &noise(8 << 20))?;
    for leave in LEAVE {
        let mut client = server.connect()?;
        service.ask(&mut client, "large.bin")?;
        client.receive(1000)?;
        leave(client);
    }
    service.goes_on(&mut server)
}

pub(crate) fn smaller_than_announced(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    for size in [6, 1 << 40, i64::MAX as u64] {
        let mut client = server.connect()?;
        let announcement = service.announcement("a.txt", &md5(b"hello!"), size);
        client.send(&[&announcement[..], b"hello"].concat())?;
        client.finish_sending();
        client.expect_closed()?;
        service.await_names(&[])?;
    }
    service.goes_on(&mut server)
}

pub(crate) fn slow_reader(context: &Context) -> Result {
    let service = Service::new(context)?;
    service.share("large.bin", &noise(32 << 20))?;
    let server = service.start_as(service.launch().flags(SHORT_TIMEOUT))?;
    let mut slow = server.connect()?;
    let begun = Instant::now();
    service.ask(&mut slow, "large.bin")?;
    slow.receive(1000)?;
    service.serves_the_next(&server)?;
    if !context.is_ours() {
        return Ok(());
    }
    let stalled = Instant::now();
    let client = slow.local()?;
    let state = || {
        sockets::tcp_state(server.address(), client)
            .map_err(|error| Stop::Skipped(error.to_string()))
    };
    let limit = context.time_limit(TIMEOUT);
    service.wait_for(
        limit,
        "the server gives up after its --timeout",
        || match state() {
            Ok(State::Established) => Err("the connection is still open".to_owned()),
            _ => Ok(()),
        },
    )?;
    context.expect_in_time(begun, stalled)
}

pub(crate) fn slow_sender(context: &Context) -> Result {
    let service = Service::new(context)?;
    let server = service.start_as(service.launch().flags(SHORT_TIMEOUT))?;
    let mut slow = server.connect()?;
    let whole = service.upload_of("a.bin", &noise(300_000));
    let begun = Instant::now();
    slow.send(&whole[..200_000])?;
    // So that the server is in the middle of it when the next one comes.
    slow.wait_until_fetched()?;
    service.serves_the_next(&server)?;
    if !context.is_ours() {
        return Ok(());
    }
    let stalled = Instant::now();
    slow.await_answer(context.time_limit(TIMEOUT));
    slow.expect_closed()
        .map_err(|stop| stop.while_("the server gives up after its --timeout"))?;
    context.expect_in_time(begun, stalled)?;
    service.await_names(&[])
}
