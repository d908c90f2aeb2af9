//! UDP servers at which a person types.

use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::server::Server;
use crate::check::engine::trial::{Result, Stop};
use crate::pairs::dialect::{colours, fill};

/// A server that has said that it runs, and a client.
fn begin(context: &Context) -> Result<(Server, Datagrams)> {
    let mut server = context.server()?;
    server
        .program()?
        .expect_screen(context.dialect().server.opening)?;
    let client = server.datagrams()?;
    Ok((server, client))
}

/// Waits until the screen shows a message from `client`, and the prompt for the answer.
fn expect_shown(context: &Context, server: &mut Server, client: &Datagrams, said: &[u8]) -> Result {
    let shown = fill(context.dialect().server.shows, said, client.local()?);
    server.program()?.expect_screen(&shown)
}

/// The person types `line`, which arrives as `answer`.
fn reply(
    context: &Context,
    server: &mut Server,
    client: &mut Datagrams,
    (line, answer): (&str, &str),
) -> Result {
    server.program()?.type_line(line)?;
    client.expect(answer.as_bytes())?;
    expect_shown_answered(context, server)
}

/// What the screen shows when an answer has been sent: one of the lessons opens each round anew.
fn expect_shown_answered(context: &Context, server: &mut Server) -> Result {
    match context.dialect().server {
        ref manners if manners.opens_each_round => server.expect_screen(manners.opening),
        _ => Ok(()),
    }
}

/// A client says each message, and gets what the person types: what was typed and what arrives.
pub(super) fn rounds(context: &Context, rounds: &[(&[u8], (&str, &str))]) -> Result {
    let (mut server, mut client) = begin(context)?;
    for (said, typed) in rounds {
        client.send(said)?;
        expect_shown(context, &mut server, &client, said)?;
        reply(context, &mut server, &mut client, *typed)?;
    }
    Ok(())
}

/// A client says so many bytes.
pub(super) fn long_message(context: &Context, size: usize) -> Result {
    let said: Vec<u8> = b"0123456789abcdef"
        .iter()
        .copied()
        .cycle()
        .take(size)
        .collect();
    rounds(context, &[(&said, ("ok", "ok"))])
}

pub(super) fn two_people(context: &Context) -> Result {
    let (mut server, mut first) = begin(context)?;
    let mut second = server.datagrams()?;
    first.send(b"one")?;
    expect_shown(context, &mut server, &first, b"one")?;
    second.send(b"two")?;
    let typed = "to the first";
    reply(context, &mut server, &mut first, (typed, typed))?;
    expect_shown(context, &mut server, &second, b"two")?;
    let typed = "to the second";
    reply(context, &mut server, &mut second, (typed, typed))
}

pub(super) fn control_characters(context: &Context) -> Result {
    let (mut server, client) = begin(context)?;
    client.send(b"a\0b\x07c\rd\x1b[2J\x1b]0;mine\x07 end")?;
    server.expect_harmless_screen(" end", &colours(context.dialect().server.shows))
}

pub(super) fn leaves_at_once(context: &Context) -> Result {
    let (mut server, gone) = begin(context)?;
    gone.send(b"hi")?;
    let shown = fill(context.dialect().server.shows, b"hi", gone.local()?);
    drop(gone);
    let program = server.program()?;
    program.expect_screen(&shown)?;
    program.type_line("anybody there?")?;
    expect_shown_answered(context, &mut server)?;
    let mut next = server.datagrams()?;
    let mut visit = || {
        next.send(b"hello")?;
        expect_shown(context, &mut server, &next, b"hello")?;
        reply(context, &mut server, &mut next, ("ok", "ok"))
    };
    visit().map_err(|stop: Stop| stop.while_("the next client is served"))
}

pub(super) fn end_of_input(context: &Context) -> Result {
    let (mut server, client) = begin(context)?;
    client.send(b"hi")?;
    expect_shown(context, &mut server, &client, b"hi")?;
    let program = server.program()?;
    program.end_input();
    program.expect_success()
}
