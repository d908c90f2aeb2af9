//! Clients that speak SNTP, and the checker as a time server: one that is right, one that lies, and strangers.

use std::thread;
use std::time::{Duration, Instant};

use common::notation;
use ntp::sntp::packet::{Packet, SERVER};
use ntp::sntp::timestamp::{Span, Timestamp};
use regex_lite::Regex;

use crate::check::catalogue::clients::client::UdpClient;
use crate::check::catalogue::clients::time::expect_sleeper;
use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::trial::Result;

/// How far the checker's clock is before the true one, in seconds.
const SHIFT: f64 = 100.0;

/// How far it is where the client must not believe it.
const LIE: f64 = 5500.0;

/// How far an offset may be from the truth, in seconds: half of the longest time that a question and an answer are on
/// their way.
const TOLERANCE: f64 = 0.9;

/// A question, and when it came.
pub(crate) struct Question {
    packet: Packet,
    came: Timestamp,
}

/// Receives a question: at least 48 bytes, mode 3, a version that there is.
pub(crate) fn receive_question(server: &mut Datagrams) -> Result<Question> {
    let datagram = server.receive()?;
    let came = Timestamp::now();
    match Packet::unpack(&datagram) {
        Some(packet) if packet.asks() => Ok(Question { packet, came }),
        _ => Err(server.fail(
            "a question: 48 bytes, the first of them 0b00_100_011 (version 4, mode 3)",
            notation::bytes(&datagram),
        )),
    }
}

/// The answer of a server whose clock is `shift` seconds before.
fn answer(question: &Question, shift: f64) -> Packet {
    let shown = |time: Timestamp| time.plus(Span::of_seconds(shift));
    let asked = &question.packet;
    let now = shown(Timestamp::now());
    Packet {
        leap: 0,
        version: asked.version,
        mode: SERVER,
        stratum: 1,
        poll: asked.poll,
        precision: -20,
        reference_id: *b"LOCL",
        reference: now,
        origin: asked.transmit,
        receive: shown(question.came),
        transmit: now,
        ..Packet::default()
    }
}

/// A client that has asked, and its question.
fn asking(context: &Context) -> Result<(UdpClient, Question)> {
    let mut client = UdpClient::start(context)?;
    let question = receive_question(&mut client.server)?;
    Ok((client, question))
}

/// Sends an answer with which the client ends, and tells what its screen shows.
fn shown(client: &mut UdpClient, answer: &Packet) -> Result<String> {
    client.server.send(&answer.pack())?;
    client.program.rest_at_success()
}

/// Sends the true answer. The client shows the offset, and no other, and ends.
fn expect_offset(
    context: &Context,
    client: &mut UdpClient,
    question: &Question,
    shift: f64,
) -> Result {
    let screen = shown(client, &answer(question, shift))?;
    expect_shown(context, &screen, shift)
}

/// The screen shows the offset, and not the lie.
fn expect_shown(context: &Context, screen: &str, shift: f64) -> Result {
    // The pattern is a constant.
    let numbers = Regex::new(r"[-+−]?\d+(\.\d+)?").map(|pattern| {
        let found = pattern.find_iter(screen);
        found
            .filter_map(|number| number.as_str().replace('−', "-").parse().ok())
            .collect::<Vec<f64>>()
    });
    let numbers = numbers.unwrap_or_default();
    let shows = |offset: f64| {
        numbers
            .iter()
            .any(|number| (number - offset).abs() < TOLERANCE)
    };
    if shows(shift) && !shows(LIE) {
        return Ok(());
    }
    Err(context.fail(
        format!("the client shows the offset, {shift:+.1} s"),
        format!("it shows {screen:?}"),
    ))
}

pub(crate) fn question(context: &Context) -> Result {
    asking(context).map(drop)
}

pub(crate) fn offset(context: &Context) -> Result {
    for shift in [SHIFT, -SHIFT] {
        let (mut client, question) = asking(context)?;
        expect_offset(context, &mut client, &question, shift)?;
    }
    Ok(())
}

/// Offset and delay, in seconds, as the line shows them.
fn measured(context: &Context, screen: &str) -> Result<(f64, f64)> {
    // The pattern is a constant.
    let line = Regex::new(r"([-+]?[\d.]+) s\W+delay ([-+]?[\d.]+) s");
    let found = line.ok().and_then(|line| {
        let numbers = line.captures(screen)?;
        Some((numbers[1].parse().ok()?, numbers[2].parse().ok()?))
    });
    found.ok_or_else(|| context.fail("offset and delay in seconds", format!("{screen:?}")))
}

/// The way to the client takes long, and the server's time between receiving and sending too: only the way is delay.
pub(crate) fn four_times(context: &Context) -> Result {
    const LONGEST: Duration = Duration::from_millis(1600);
    // As far as clocks are exact and numbers are rounded.
    const ROUNDED: f64 = 0.002;
    let begun = Instant::now();
    let (mut client, question) = asking(context)?;
    // T1 lies in this time. What is longer cannot be taken for it.
    let before = begun.elapsed();
    let span = LONGEST.min(2 * before + Duration::from_millis(500));
    thread::sleep(span);
    let answer = answer(&question, SHIFT);
    let sent = Instant::now();
    thread::sleep(span);
    let (least, before) = (sent.elapsed().as_secs_f64(), before.as_secs_f64());
    let screen = shown(&mut client, &answer)?;
    let most = sent.elapsed().as_secs_f64();
    let (offset, delay) = measured(context, &screen)?;
    let within = |what: &str, least: f64, found: f64, most: f64| {
        if (least - ROUNDED..=most + ROUNDED).contains(&found) {
            return Ok(());
        }
        let expected = format!("{what} of {least:.3} s to {most:.3} s");
        Err(context.fail(expected, format!("one of {found:.3} s: {screen:?}")))
    };
    within("a delay", least, delay, before + most)?;
    within(
        "an offset",
        SHIFT - most / 2.0,
        offset,
        SHIFT + (before - least) / 2.0,
    )
}

pub(crate) fn negative_delay(context: &Context) -> Result {
    let (mut client, question) = asking(context)?;
    let mut answer = answer(&question, SHIFT);
    // Longer than all of it took.
    answer.transmit = answer.receive.plus(Span::of_seconds(60.0));
    let screen = shown(&mut client, &answer)?;
    let (_, delay) = measured(context, &screen)?;
    if delay == 0.0 && delay.is_sign_positive() {
        return Ok(());
    }
    Err(context.fail("a delay of 0 s", format!("{screen:?}")))
}

pub(crate) fn next_era(context: &Context) -> Result {
    let (mut client, question) = asking(context)?;
    // A day after the end of the client's own era, in whole seconds.
    let left = u32::MAX - u32::try_from(Timestamp::now().0 >> 32).unwrap_or_default();
    expect_offset(context, &mut client, &question, f64::from(left) + 86_400.0)
}

pub(crate) fn screen(context: &Context) -> Result {
    let (mut client, question) = asking(context)?;
    let screen = shown(&mut client, &answer(&question, SHIFT))?;
    let line =
        r"^offset \+\d+\.\d{6} s, delay \d+\.\d{6} s, error \d+\.\d{6} s, stratum 1 \(LOCL\)\n$";
    if Regex::new(line).is_ok_and(|line| line.is_match(&screen)) {
        return Ok(());
    }
    Err(context.fail(
        "the line: offset +100.000000 s, delay 0.000000 s, error 0.000000 s, stratum 1 (LOCL)",
        format!("{screen:?}"),
    ))
}

pub(crate) fn late_answer(context: &Context) -> Result {
    let (mut client, question) = asking(context)?;
    let spins = client.program.seems_to_spin();
    expect_offset(context, &mut client, &question, SHIFT)?;
    expect_sleeper(context, spins, || asking(context).map(|(client, _)| client))
}

pub(crate) fn unpredictable(context: &Context) -> Result {
    let nonce = || {
        let (_, question) = asking(context)?;
        let nonce = question.packet.transmit;
        Ok((nonce, nonce.since(Timestamp::now()).seconds()))
    };
    let (first, second) = (nonce()?, nonce()?);
    // A random one may be near, but not twice.
    let is_time = |from_now: f64| from_now.abs() < 86_400.0;
    if first.0 != second.0 && !(is_time(first.1) && is_time(second.1)) {
        return Ok(());
    }
    let (nonce, from_now) = second;
    Err(context.fail(
        "a random transmit timestamp, another one in each question",
        format!(
            "{:#018x}, which is the time {from_now:+.3} s from now",
            nonce.0
        ),
    ))
}

pub(crate) fn stranger(context: &Context) -> Result {
    let (mut client, question) = asking(context)?;
    let stranger = context.stranger()?;
    stranger.send_to(&answer(&question, LIE).pack(), client.server.peer()?)?;
    expect_offset(context, &mut client, &question, SHIFT)
}

pub(crate) fn wrong_origin(context: &Context) -> Result {
    let (mut client, question) = asking(context)?;
    let right = question.packet.transmit.0;
    for wrong in [right ^ 1, 0, right ^ 1 << 63] {
        let late = Packet {
            origin: Timestamp(wrong),
            ..answer(&question, LIE)
        };
        client.server.send(&late.pack())?;
    }
    expect_offset(context, &mut client, &question, SHIFT)
}

pub(crate) fn short_answer(context: &Context) -> Result {
    let (mut client, question) = asking(context)?;
    let lie = answer(&question, LIE).pack();
    for size in [0, 1, 32, lie.len() - 1] {
        client.server.send(&lie[..size])?;
    }
    expect_offset(context, &mut client, &question, SHIFT)
}

pub(crate) fn longer_answer(context: &Context) -> Result {
    for more in [20, 1000] {
        let (mut client, question) = asking(context)?;
        let right = answer(&question, SHIFT).pack();
        client.server.send(&[&right[..], &vec![0; more]].concat())?;
        expect_shown(context, &client.program.rest_at_success()?, SHIFT)?;
    }
    Ok(())
}

/// The server spoils its answer, in each of these ways; the client says so, and shows no time.
pub(crate) fn refuses(context: &Context, ways: &[fn(&mut Packet)]) -> Result {
    ways.iter()
        .try_for_each(|spoil| refuses_one(context, *spoil))
}

fn refuses_one(context: &Context, spoil: fn(&mut Packet)) -> Result {
    let (mut client, question) = asking(context)?;
    let mut answer = answer(&question, LIE);
    spoil(&mut answer);
    client.server.send(&answer.pack())?;
    client.expect_error()?;
    client.program.expect_harmless_screen(&[])?;
    match client.program.rest() {
        screen if screen.is_empty() => Ok(()),
        screen => Err(context.fail("the screen stays empty", format!("it shows {screen:?}"))),
    }
}

pub(crate) fn kiss_of_death(context: &Context) -> Result {
    let kisses: [fn(&mut Packet); 3] = [
        |answer| (answer.stratum, answer.reference_id) = (0, *b"DENY"),
        |answer| (answer.stratum, answer.reference_id) = (0, *b"RSTR"),
        |answer| (answer.stratum, answer.leap, answer.reference_id) = (0, 3, *b"\x1b[2J"),
    ];
    refuses(context, &kisses)
}

pub(crate) fn kiss_of_rate(context: &Context) -> Result {
    let mut client = UdpClient::start_with(context, &["--count", "2", "--interval", "0"])?;
    let question = receive_question(&mut client.server)?;
    let kiss = Packet {
        leap: 3,
        stratum: 0,
        reference_id: *b"RATE",
        ..answer(&question, LIE)
    };
    client.server.send(&kiss.pack())?;
    client
        .server
        .expect_silence(Duration::from_millis(800))
        .map_err(|stop| stop.while_("who was asked to be patient waits"))?;
    if !context.is_ours() {
        return Ok(());
    }
    let question = receive_question(&mut client.server)?;
    expect_offset(context, &mut client, &question, SHIFT)
}
