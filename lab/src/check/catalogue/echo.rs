//! Servers whose answer follows from what was said: over TCP and UDP, in frames, once or for ever.

use std::collections::VecDeque;
use std::time::Duration;

use common::notation;

use crate::check::catalogue::service::{Service, answer, exchange, question};
use crate::check::catalogue::wire::{Peer, frame, letters};
use crate::check::engine::context::Context;
use crate::check::engine::server::Server;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::Result;
use crate::pairs::dialect::{Answer, Serves, fill};

fn serves_once(context: &Context) -> bool {
    context.dialect().server.serves == Serves::Once
}

fn upper_cases_text(context: &Context) -> bool {
    context.dialect().answer == Answer::UpperText
}

/// What is said to the server, each after the answer to the one before; to one that serves once, the first.
fn talk<P: Peer>(context: &Context, said: &[&[u8]]) -> Result<(Server, P)> {
    let server = context.server()?;
    let mut client = P::visit(&server)?;
    let most = if serves_once(context) { 1 } else { said.len() };
    for said in &said[..most] {
        exchange(context, &mut client, said)?;
    }
    Ok((server, client))
}

/// The same; a server that serves once must then have shown the message, say no more, and end.
pub(super) fn says<P: Peer>(context: &Context, said: &[&[u8]]) -> Result {
    let (mut server, client) = talk::<P>(context, said)?;
    if serves_once(context) {
        expect_shown(context, &mut server, &client, said[0])?;
        client.expect_end(&mut server)?;
    }
    Ok(())
}

/// Waits until the screen goes on with the lesson's line for what the client said.
fn expect_shown(context: &Context, server: &mut Server, client: &impl Peer, said: &[u8]) -> Result {
    server.expect_screen(&fill(context.dialect().server.shows, said, client.local()?))
}

pub(super) fn session<P: Peer>(context: &Context) -> Result {
    let question = context.dialect().question.as_bytes();
    says::<P>(context, &[question, b"a", b" three words here "])
}

pub(super) fn says_once<P: Peer>(context: &Context) -> Result {
    says::<P>(context, &[context.dialect().question.as_bytes()])
}

pub(super) fn screen(context: &Context) -> Result {
    let mut server = context.server()?;
    let mut client = server.connect()?;
    server.program()?;
    for said in [context.dialect().question.as_bytes(), b"it's \"me\""] {
        exchange(context, &mut client, said)?;
        expect_shown(context, &mut server, &client, said)?;
    }
    Ok(())
}

/// Of a server over UDP the first line: the lesson's may go on and on.
pub(super) fn first_line<P: Peer>(context: &Context) -> Result {
    let said = context.dialect().question.as_bytes();
    let (mut server, client) = talk::<P>(context, &[said])?;
    let own = notation::address(server.address());
    let line = server.program()?.next_line()?;
    let shown = fill(context.dialect().server.shows, said, client.local()?);
    let expected = shown.trim_end().replace("{own}", &own);
    let fits = match expected.split_once('…') {
        None => line == expected,
        Some((before, after)) => {
            let rest = line.strip_prefix(before);
            rest.is_some_and(|rest| rest.len() > after.len() && rest.ends_with(after))
        }
    };
    if fits {
        return Ok(());
    }
    Err(context.fail(format!("the line {expected}"), format!("the line {line}")))
}

pub(super) fn non_ascii<P: Peer>(context: &Context) -> Result {
    if serves_once(context) || upper_cases_text(context) {
        // Its capitals are the same in every version of Unicode.
        return says::<P>(context, &["straße 你好 é".as_bytes()]);
    }
    says::<P>(context, &["wörld 你好".as_bytes()])
}

pub(super) fn says_letters<P: Peer>(context: &Context, size: usize) -> Result {
    says::<P>(context, &[&letters(size)])
}

pub(super) fn largest_datagram<P: Peer>(context: &Context) -> Result {
    let said = letters(65_507);
    if serves_once(context) {
        return says::<P>(context, &[&said]);
    }
    let (mut server, mut client) = talk::<P>(context, &[&said])?;
    if let Answer::Always(_) = context.dialect().answer {
        // The answer tells nothing of what arrived; the screen does, in whatever notation.
        server.expect_harmless_screen(&String::from_utf8_lossy(&said), &[])?;
    }
    exchange(context, &mut client, b"hello")
}

pub(super) fn byte_by_byte(context: &Context) -> Result {
    let server = context.server()?;
    let mut client = server.connect()?;
    client.send_in_pieces(&question(context, b"one at a time"), 1)?;
    client.expect(&answer(context, b"one at a time"))
}

pub(super) fn one_after_another(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    let mut first = server.connect()?;
    service.exchange(&mut first)?;
    let mut waiting = VecDeque::new();
    for _ in 0..5 {
        let mut client = server.connect()?;
        client.send(&question(context, b"hello"))?;
        waiting.push_back(client);
    }
    // Whatever would serve them beside the first gets its turns while the first gets so many.
    for _ in 0..50 {
        service.exchange(&mut first)?;
    }
    for client in &mut waiting {
        client.expect_silence(Duration::from_millis(50))?;
    }
    service.exchange(&mut first)?;
    first.close();
    while let Some(mut next) = waiting.pop_front() {
        next.expect(&answer(context, b"hello"))
            .map_err(|stop| stop.while_("the next is served when the one before has left"))?;
        next.close();
    }
    Ok(())
}

pub(super) fn invalid_utf8<P: Peer>(context: &Context) -> Result {
    if upper_cases_text(context) || serves_once(context) {
        return says::<P>(context, &[b"caf\xe9!", b"hello"]);
    }
    says::<P>(context, &[b"\xff\xfe\x80 caf\xe9", b"\xe4\xbd", b"hello"])
}

pub(super) fn shows_replacement(context: &Context) -> Result {
    let (mut server, client) = talk::<Stream>(context, &[b"caf\xe9!"])?;
    server.program()?;
    expect_shown(context, &mut server, &client, b"caf\xe9!")
}

pub(super) fn control_characters<P: Peer>(context: &Context) -> Result {
    let said: &[&[u8]] = if serves_once(context) {
        &[b"a\0b\x07c\rd\x1b[2J\x1b]0;mine\x07 end"]
    } else {
        &[
            b"a\0b\x07c\rd",
            b"\x1b[2J\x1b]0;mine\x07",
            b"\x9b\xc2\x9bm",
            b"at the end",
        ]
    };
    let (mut server, _client) = talk::<P>(context, said)?;
    server.expect_harmless_screen(" end", &[])
}

pub(super) fn glued_frames(context: &Context) -> Result {
    let server = context.server()?;
    let mut client = server.connect()?;
    let said = [&b"one"[..], b"two", b"three"];
    client.send(&said.map(|said| question(context, said)).concat())?;
    client.expect(&said.map(|said| answer(context, said)).concat())
}

pub(super) fn one_write_a_frame(context: &Context) -> Result {
    let server = context.server()?;
    let mut client = server.connect()?;
    let whole = answer(context, b"hello");
    for _ in 0..10 {
        client.send(&question(context, b"hello"))?;
        let first = client.receive_some()?;
        if first.len() < whole.len() {
            return Err(context.fail(
                format!("the answer's {} bytes as one piece", whole.len()),
                format!("{} of them came first", first.len()),
            ));
        }
    }
    Ok(())
}

/// A header with two sizes, of which the last counts, and a key that nobody knows.
pub(super) fn duplicate_keys(context: &Context) -> Result {
    let (service, server) = Service::started(context)?;
    let mut client = server.connect()?;
    let header = context.dialect().asks_in;
    let first = header.json("b", "", "2");
    let more = format!(
        r#", "more": [1, {{"a": null}}], "{}": 5}}"#,
        header.size_key()
    );
    client.send(&frame(first.replace('}', &more), b"hello"))?;
    if service.uploads() {
        service.expect_stored(&mut client, "b", b"hello")?;
    } else {
        client.expect(&answer(context, b"hello"))?;
    }
    service.exchange(&mut client)
}

pub(super) fn leaves_in_mid_frame(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    let whole = question(context, b"hello world!");
    for size in [2, 10, whole.len() - 5] {
        for leave in [Stream::close, Stream::reset] {
            let mut client = server.connect()?;
            client.send(&whole[..size])?;
            leave(client);
        }
    }
    service.goes_on(&mut server)
}

pub(super) fn leaves_before_it_speaks(context: &Context) -> Result {
    let mut server = context.server()?;
    for leave in [Stream::close, Stream::reset, Stream::close] {
        leave(server.connect()?);
    }
    let mut client = server.connect()?;
    exchange(context, &mut client, b"hello")?;
    expect_shown(context, &mut server, &client, b"hello")?;
    client.expect_end(&mut server)
}

pub(super) fn greets_nobody(context: &Context) -> Result {
    let mut server = context.server()?;
    server.connect()?.reset();
    let program = server.program()?;
    program.expect_end()?;
    program.expect_no_stack_trace()
}
