//! Servers that are late, or silent.

use std::time::{Duration, Instant};

use crate::check::catalogue::SHORT_TIMEOUT;
use crate::check::catalogue::clients::client::{
    Client, Listen, TcpClient, UPLOAD, UdpClient, expect_nothing_stored, large, launch,
    receive_header, type_line,
};
use crate::check::catalogue::wire::{Peer, write};
use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Result, Stop};
use crate::pairs::dialect::Answer;

pub(crate) fn late_answer<P: Listen>(context: &Context) -> Result {
    let mut client = Client::<P>::asking(context)?;
    let spins = client.program.seems_to_spin();
    client.send_last(&P::lesson_answer(client.dialect))?;
    client.expect_lesson_shown()?;
    client.expect_to_go_on()?;
    expect_sleeper(context, spins, || Client::<P>::asking(context))
}

/// Fails if a client that waits for its answer spins: if it seemed so at the first look, and with all others that `ask`
/// for as long as the patience lasts. Each is looked at once: to look longer could be more than a client's time limit.
pub(crate) fn expect_sleeper<P: Listen>(
    context: &Context,
    mut spins: Option<Stop>,
    ask: impl Fn() -> Result<Client<P>>,
) -> Result {
    let limit = context.limit();
    while spins.is_some() && Instant::now() < limit {
        spins = ask()?.program.seems_to_spin();
    }
    spins.map_or(Ok(()), Err)
}

/// Waits until the client gives up its server, which has stalled since `begun` at the earliest, and has
/// stalled now.
fn gives_up<P: Listen>(context: &Context, client: &mut Client<P>, begun: Instant) -> Result {
    let stalled = Instant::now();
    // A client whose server is a person may wait for ever, unless it can be told otherwise.
    if client.dialect.answer == Answer::Typed
        && !context.is_ours()
        && !client.program.ends_within(context.patience())?
    {
        return Ok(());
    }
    client.expect_error_within(context.time_limit(P::LIMIT))?;
    context.expect_in_time(begun, stalled)
}

pub(crate) fn silent_server<P: Listen>(context: &Context) -> Result {
    let begun = Instant::now();
    let mut client = Client::<P>::start_with(context, SHORT_TIMEOUT)?;
    client.ask()?;
    gives_up(context, &mut client, begun)
}

/// Asks over UDP where nobody is.
pub(crate) fn no_server(context: &Context) -> Result {
    let nobody = context.vacancy()?;
    let begun = Instant::now();
    let mut program = launch(context, SHORT_TIMEOUT, nobody.address())?;
    type_line(&mut program, context.dialect(), context.dialect().question)?;
    let asked = Instant::now();
    program.expect_error_within(context.time_limit(Datagrams::LIMIT), nobody.address())?;
    context.expect_in_time(begun, asked)
}

pub(crate) fn stalls_in_mid_file(context: &Context) -> Result {
    let mut client = TcpClient::start_with(context, SHORT_TIMEOUT)?;
    client.ask()?;
    let answer = Stream::lesson_answer(client.dialect);
    let begun = Instant::now();
    client.server.send(&answer[..answer.len() - 1])?;
    gives_up(context, &mut client, begun)?;
    expect_nothing_stored(context)
}

pub(crate) fn stops_reading(context: &Context) -> Result {
    let has_commands = context.dialect().client.asks.prompt().is_some();
    let (folder, name) = if has_commands {
        (context.make_folder("share")?, "up.bin")
    } else {
        (context.folder().to_path_buf(), UPLOAD)
    };
    write(&folder.join(name), large())?;
    let begun = Instant::now();
    let mut client = TcpClient::start_with(context, SHORT_TIMEOUT)?;
    if has_commands {
        client.ask_line("put up.bin")?;
    }
    receive_header(&mut client.server)?;
    gives_up(context, &mut client, begun)
}

pub(crate) fn stranger(context: &Context) -> Result {
    let mut client = UdpClient::asking(context)?;
    let stranger = context.stranger()?;
    stranger.send_to(b"believe me", client.server.peer()?)?;
    client.answer(b"HELLO")?;
    client.expect_to_go_on()
}

pub(crate) fn stranger_prolongs(context: &Context) -> Result {
    const PAUSE: Duration = Duration::from_millis(50);
    let begun = Instant::now();
    let mut client = UdpClient::start_with(context, SHORT_TIMEOUT)?;
    client.ask()?;
    let asked = Instant::now();
    let stranger = context.stranger()?;
    let limit = context.time_limit(Datagrams::LIMIT);
    while !client.program.ends_within(PAUSE)? {
        if asked.elapsed() > limit {
            return Err(context.fail(
                "the program gives up after its time limit",
                format!("after {:.1} s it still waits", limit.as_secs_f64()),
            ));
        }
        stranger.send_to(b"believe me", client.server.peer()?)?;
    }
    client.expect_error()?;
    context.expect_in_time(begun, asked)
}
