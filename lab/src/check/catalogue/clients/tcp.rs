//! What may happen to TCP clients.

use crate::check::catalogue::clients::client::{
    Client, Listen, TcpClient, expect_nothing_stored, launch,
};
use crate::check::engine::context::Context;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::Result;

pub(crate) fn long_line(context: &Context) -> Result {
    let mut client = TcpClient::start(context)?;
    let line = "hello".repeat(20_000);
    client.type_line(&line)?;
    let mut left = line.as_bytes();
    while !left.is_empty() {
        // Answered while it comes: the client may await its first half before it sends the second.
        let piece = client.server.receive_some()?;
        let Some(rest) = left.strip_prefix(&*piece) else {
            return Err(context.fail("the line as it was typed", "other bytes"));
        };
        client.server.send(&piece)?;
        left = rest;
    }
    client.expect_shown(line.as_bytes())?;
    client.expect_to_go_on()
}

pub(crate) fn byte_by_byte(context: &Context) -> Result {
    let mut client = TcpClient::asking(context)?;
    client
        .server
        .send_in_pieces(&Stream::lesson_answer(client.dialect), 1)?;
    client.send_last(b"")?;
    client.expect_lesson_shown()?;
    client.expect_to_go_on()
}

pub(crate) fn endless_answer(context: &Context) -> Result {
    let mut client = TcpClient::asking(context)?;
    client.server.send_until_stuck(&vec![b'x'; 64 * 1024])?;
    client.program.expect_end().map(drop)
}

/// The client must say that its server has left, and store nothing.
fn expect_loss(context: &Context, mut client: Client<()>) -> Result {
    client.expect_error()?;
    expect_nothing_stored(context)
}

pub(crate) fn leaves_at_once(context: &Context) -> Result {
    let mut client = TcpClient::start(context)?.left_by(Stream::leave);
    if let Some(prompt) = client.dialect.client.asks.prompt() {
        client.program.expect_screen(prompt)?;
        // It may have noticed by itself, and have ended.
        let _ = client.program.process().type_text("get a.txt\n");
    }
    expect_loss(context, client)
}

/// Says goodbye after a part of the answer.
pub(crate) fn leaves_after(context: &Context, part: fn(usize) -> usize) -> Result {
    let mut client = TcpClient::asking(context)?;
    let answer = Stream::lesson_answer(client.dialect);
    client.server.send(&answer[..part(answer.len())])?;
    expect_loss(context, client.left_by(Stream::close))
}

pub(crate) fn leaves_by_reset(context: &Context) -> Result {
    expect_loss(context, TcpClient::asking(context)?.left_by(Stream::reset))
}

pub(crate) fn no_server(context: &Context) -> Result {
    let nobody = context.vacancy()?;
    launch(context, &[], nobody.address())?.expect_error(nobody.address())
}
