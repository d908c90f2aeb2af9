//! Servers over UDP: many clients, and those who are gone.

use std::time::Duration;

use common::notation;

use crate::check::catalogue::service::{answer, exchange};
use crate::check::catalogue::wire::letters;
use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::server::Server;
use crate::check::engine::trial::Result;
use crate::pairs::dialect::fill;

/// Clients that all ask before the first reads its answer; each must get its own.
fn at_once(context: &Context, said: &[String]) -> Result {
    let server = context.server()?;
    let clients: Result<Vec<Datagrams>> = said.iter().map(|_| server.datagrams()).collect();
    let mut clients = clients?;
    for (client, said) in clients.iter().zip(said) {
        client.send(said.as_bytes())?;
    }
    for (client, said) in clients.iter_mut().zip(said) {
        client.expect(&answer(context, said.as_bytes()))?;
    }
    Ok(())
}

pub(super) fn several_clients(context: &Context) -> Result {
    at_once(context, &["one", "two", "three"].map(str::to_owned))
}

pub(super) fn burst(context: &Context) -> Result {
    let said: Vec<_> = (0..200).map(|number| format!("client {number}")).collect();
    at_once(context, &said)
}

pub(super) fn exactly_once(context: &Context) -> Result {
    let mut server = context.server()?;
    let mut client = server.datagrams()?;
    exchange(context, &mut client, b"hello")?;
    client.expect_silence(Duration::from_millis(300))?;
    // What was sent twice, but late, has come before the next client's answer.
    exchange(context, &mut server.datagrams()?, b"again")?;
    client.expect_silence(Duration::from_millis(1))?;
    server.expect_idle()
}

pub(super) fn vanished_clients(context: &Context) -> Result {
    let server = context.server()?;
    for _ in 0..50 {
        server.passing_datagrams()?.send(b"hello")?;
    }
    exchange(context, &mut server.datagrams()?, b"next")
        .map_err(|stop| stop.while_("the next client is answered"))
}

pub(super) fn many_in_a_row(context: &Context) -> Result {
    let mut server = context.server()?;
    for number in 1..=2000 {
        let mut client = server.datagrams()?;
        exchange(context, &mut client, b"hello")
            .map_err(|stop| stop.while_(&format!("client {number} of 2,000 is answered")))?;
    }
    server.expect_idle()
}

/// Each of `datagrams` is shown with its sender's address, and the server ends.
fn shows_each(context: &Context, datagrams: &[&[u8]], is_one_client: bool) -> Result {
    let mut server = context.server()?;
    let mut client = server.datagrams()?;
    for datagram in datagrams {
        client.send(datagram)?;
        server.expect_screen(&fill(
            context.dialect().server.shows,
            datagram,
            client.local()?,
        ))?;
        if !is_one_client {
            client = server.datagrams()?;
        }
    }
    server.program()?.expect_success()
}

pub(super) fn three_senders(context: &Context) -> Result {
    shows_each(context, &[b"one", b"", b"three"], false)
}

pub(super) fn unusual_datagrams(context: &Context) -> Result {
    shows_each(
        context,
        &[b"caf\xe9!", b"\x1b[2J\0\x07", &letters(65_507)],
        true,
    )
}

/// Three datagrams of one client, back to back.
fn three_in_a_row(context: &Context) -> Result<(Server, Datagrams)> {
    let server = context.server()?;
    let client = server.datagrams()?;
    for datagram in [&b"hello"[..], b"world", b"sdfas"] {
        client.send(datagram)?;
    }
    Ok((server, client))
}

/// However they are written down, each has a line of its own.
pub(super) fn three_datagrams(context: &Context) -> Result {
    let (mut server, mut client) = three_in_a_row(context)?;
    let program = server.program()?;
    for text in ["hello", "world", "sdfas"] {
        let line = program.next_line()?;
        if !line.contains(text) {
            return Err(context.fail(format!("a line with {text}"), format!("the line {line}")));
        }
    }
    program.expect_success()?;
    client.expect_silence(Duration::from_millis(50))
}

pub(super) fn three_lines(context: &Context) -> Result {
    let (mut server, client) = three_in_a_row(context)?;
    let address = notation::address(client.local()?);
    server.expect_screen(&format!(
        "(b'hello', {address})\n(b'world', {address})\n(b'sdfas', {address})\n"
    ))
}
