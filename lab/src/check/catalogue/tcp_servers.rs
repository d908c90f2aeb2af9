//! What every TCP server that stays must bear, whatever it serves.

use crate::check::catalogue::service::{Service, crowd, expect_all_closed, question};
use crate::check::catalogue::wire::letters;
use crate::check::engine::context::Context;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::Result;
use crate::pairs::dialect::Serves;

/// What the client says that leaves before its answer.
fn said(context: &Context) -> Vec<u8> {
    question(context, context.dialect().question.as_bytes())
}

pub(super) fn next_client(context: &Context, clients: usize) -> Result {
    let (service, server) = Service::started(context)?;
    (0..clients).try_for_each(|_| service.serves_the_next(&server))
}

/// Three clients talk in turns.
pub(super) fn side_by_side(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    let mut clients = [server.connect()?, server.connect()?, server.connect()?];
    for _ in 0..2 {
        for (client, number) in clients.iter_mut().zip(1..) {
            service.exchange(client).map_err(|stop| {
                stop.while_(&format!(
                    "client {number} of 3, beside the others, is served"
                ))
            })?;
        }
    }
    Ok(())
}

/// Clients connect and leave without a word, some in each way.
pub(super) fn leaves_at_once(context: &Context, ways: &[fn(Stream)]) -> Result {
    let (service, mut server) = Service::started(context)?;
    for leave in [ways, ways, ways].concat() {
        leave(server.connect()?);
    }
    service.goes_on(&mut server)
}

pub(super) fn leaves_by_reset(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    for _ in 0..5 {
        let mut client = server.connect()?;
        client.send(&said(context))?;
        client.reset();
    }
    service.goes_on(&mut server)
}

pub(super) fn half_close(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    let mut client = server.connect()?;
    service.exchange(&mut client)?;
    client.finish_sending();
    client.expect_closed()
}

pub(super) fn leaves_unread(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    let said = said(context);
    let mut client = server.connect()?;
    // Little enough that the server takes all of it although nobody reads.
    client.send(&said.repeat(64 * 1024 / said.len()))?;
    client.receive_some()?;
    client.reset();
    service.goes_on(&mut server)
}

pub(super) fn silent_clients(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    let silent: Result<Vec<Stream>> = (0..10).map(|_| server.connect()).collect();
    let silent = silent?;
    service.serves_the_next(&server)?;
    drop(silent);
    Ok(())
}

pub(super) fn slow_reader(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    let mut slow = server.connect()?;
    // Much in each message: otherwise the server has long to work until its answers fill the buffers.
    let message = question(context, &letters(1000));
    slow.send_until_stuck(&message.repeat(100))?;
    service.serves_the_next(&server)?;
    slow.reset();
    Ok(())
}

pub(super) fn many_in_a_row(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    for number in 1..=2000 {
        let mut client = server.connect()?;
        service
            .exchange(&mut client)
            .map_err(|stop| stop.while_(&format!("client {number} of 2,000 is served")))?;
        if number % 2 == 1 {
            client.close();
        }
    }
    service.goes_on(&mut server)
}

pub(super) fn many_at_once(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    let client = |_| {
        let mut client = server.connect()?;
        service.exchange(&mut client)?;
        Ok(client)
    };
    crowd(client).map(drop)
}

#[cfg(unix)]
pub(super) fn descriptors_run_out(context: &Context) -> Result {
    let service = Service::new(context)?;
    let mut server = service.start_as(service.launch().limit("-n 40"))?;
    let mut first = server.connect()?;
    service.exchange(&mut first)?;
    // The system shakes hands for them, whether the server accepts or not.
    let mut crowd: Vec<Stream> = (0..60).map_while(|_| server.connect().ok()).collect();
    server.expect_idle()?;
    if !service.downloads() && !service.uploads() {
        service
            .exchange(&mut first)
            .map_err(|stop| stop.while_("a client that is in stays served"))?;
    }
    crowd.push(first);
    expect_all_closed(&mut crowd)?;
    service.goes_on(&mut server)
}

/// Kills a server whose client has not closed its side, so that the system keeps the connection, and
/// starts another at the same port.
pub(super) fn restart(context: &Context) -> Result {
    let (service, mut first) = Service::started(context)?;
    let mut client = first.connect()?;
    service.exchange(&mut client)?;
    if context.dialect().server.serves == Serves::Once {
        client.expect_closed()?;
    }
    let port = first.address().port();
    first.program()?.kill()?;
    service.launch().port(port).again().server()?;
    Ok(())
}

#[cfg(unix)]
pub(super) fn ctrl_c(context: &Context) -> Result {
    let mut server = context.server()?;
    let program = server.program()?;
    program.process().interrupt();
    program.expect_end()?;
    program.expect_no_stack_trace()
}
