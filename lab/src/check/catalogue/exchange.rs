//! A client as it should be: what a server must still answer after a client as it should not be.

use std::thread;

use common::notation;
use serde_json::json;

use crate::check::catalogue::wire::json_frame;
use crate::check::engine::context::Context;
use crate::check::engine::server::Server;
use crate::check::engine::stream::{Stream, shortened};
use crate::check::engine::trial::{Stop, Verdict};

/// A frame of program 20.
pub(super) fn frame(text: &str) -> Verdict<Vec<u8>> {
    json_frame(&json!({"data_size": text.len()}), text.as_bytes())
}

/// What a TCP client says, and what program `number` must answer.
pub(super) fn said_and_answered(number: u8) -> Verdict<(Vec<u8>, Vec<u8>)> {
    match number {
        2 => Ok((b"hello".to_vec(), b"hello".to_vec())),
        20 => Ok((frame("hello world!")?, frame("HELLO WORLD!")?)),
        _ => Ok((b"hello".to_vec(), b"HELLO".to_vec())),
    }
}

/// One message and its answer over TCP.
pub(super) fn exchange(context: &Context, client: &mut Stream) -> Verdict {
    let (said, answered) = said_and_answered(context.number())?;
    client.send(&said)?;
    client.expect(&answered)
}

/// A client that comes, says something, is answered and says goodbye.
pub(super) fn serves_a_client(context: &Context, server: &Server) -> Verdict {
    let visit = || {
        let mut client = server.connect()?;
        exchange(context, &mut client)?;
        client.close();
        Ok(())
    };
    visit().map_err(|stop: Stop| stop.while_("the next client is served"))
}

/// Says in a failure what the program was sent before.
pub(super) fn after(sent: &[u8]) -> impl Fn(Stop) -> Stop {
    move |stop| {
        let sent = notation::bytes(&shortened(sent));
        stop.while_(&format!("after {sent}"))
    }
}

/// Three clients talk in turns.
pub(super) fn in_turns(server: &Server, talk: impl Fn(&mut Stream) -> Verdict) -> Verdict {
    let mut clients = [server.connect()?, server.connect()?, server.connect()?];
    for _ in 0..2 {
        for (client, number) in clients.iter_mut().zip(1..) {
            talk(client).map_err(|stop| {
                stop.while_(&format!(
                    "client {number} of 3, beside the others, is served"
                ))
            })?;
        }
    }
    Ok(())
}

/// After whatever went before: the next client is served, and the server does not spin.
pub(super) fn goes_on(context: &Context, server: &mut Server) -> Verdict {
    serves_a_client(context, server)?;
    server.expect_idle()
}

/// All of a crowd say goodbye; the server has its descriptors back when it has closed its side of
/// each.
pub(super) fn expect_all_closed(crowd: &mut [Stream]) -> Verdict {
    for client in &mut *crowd {
        client.finish_sending();
    }
    crowd.iter_mut().try_for_each(Stream::expect_closed)
}

/// 200 clients at once, each in a thread of its own; those that were served stay connected.
pub(super) fn crowd(client: impl Fn(usize) -> Verdict<Stream> + Sync) -> Verdict<Vec<Stream>> {
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
