//! Messages and their answers, of one client or of a crowd.

use std::thread;

use crate::check::catalogue::wire::{self, Peer};
use crate::check::engine::context::Context;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Result, Stop, shown};

/// One message and its answer.
pub(in crate::check::catalogue) fn exchange<P: Peer>(
    context: &Context,
    client: &mut P,
    said: &[u8],
) -> Result {
    client.send(&question(context, said))?;
    client.expect(&answer(context, said))
}

/// A message as it goes over the wire; where the server speaks first, nothing does.
pub(in crate::check::catalogue) fn question(context: &Context, said: &[u8]) -> Vec<u8> {
    wire::message(&context.dialect().asks_in, said)
}

/// What answers it, as it goes over the wire.
pub(in crate::check::catalogue) fn answer(context: &Context, said: &[u8]) -> Vec<u8> {
    let dialect = context.dialect();
    wire::message(&dialect.answers_in, &dialect.answer.to(said))
}

/// Says in a failure what the program was sent before.
pub(in crate::check::catalogue) fn after(sent: &[u8]) -> impl Fn(Stop) -> Stop {
    move |stop| stop.while_(&format!("after {}", shown(sent)))
}

/// All of a crowd say goodbye; the server has its descriptors back when it has closed its side of
/// each.
pub(in crate::check::catalogue) fn expect_all_closed(crowd: &mut [Stream]) -> Result {
    for client in &mut *crowd {
        client.finish_sending();
    }
    crowd.iter_mut().try_for_each(Stream::expect_closed)
}

/// 200 clients at once, each in a thread of its own; those that were served stay connected.
pub(in crate::check::catalogue) fn crowd(
    client: impl Fn(usize) -> Result<Stream> + Sync,
) -> Result<Vec<Stream>> {
    let client = &client;
    thread::scope(|scope| {
        let clients: Vec<_> = (0..200)
            .map(|number| {
                scope.spawn(move || {
                    client(number).map_err(|stop| {
                        stop.while_(&format!(
                            "client {} of 200, all at once, is served",
                            number + 1
                        ))
                    })
                })
            })
            .collect();
        clients
            .into_iter()
            .map(|client| {
                client
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    })
}
