//! Servers that speak SNTP.

use std::time::Duration;

use common::notation;
use ntp::sntp::answer::MOST_DISTANCE;
use ntp::sntp::packet::{CLIENT, Packet, RATE, SERVER, SIZE, UNSYNCHRONISED, VERSION};
use ntp::sntp::timestamp::{Span, Timestamp};

use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::trial::Result;
use crate::pairs::dialect::fill;

/// What stands in the first question, where a client may have its time: any number must come back.
const NONCE: Timestamp = Timestamp(0x0123_4567_89ab_cdef);

/// How far apart two looks at the same clock may seem, in seconds: a clock may move with the kernel's timer.
const TICK: f64 = 0.02;

/// So long nothing must come.
const SILENCE: Duration = Duration::from_millis(200);

/// Receives an answer: a packet, and nothing behind it.
fn receive(context: &Context, client: &mut Datagrams) -> Result<Packet> {
    let datagram = client.receive()?;
    match Packet::unpack(&datagram) {
        Some(packet) if datagram.len() == SIZE => Ok(packet),
        _ => Err(context.fail(
            format!("an answer of {SIZE} bytes"),
            format!("one of {}: {}", datagram.len(), notation::bytes(&datagram)),
        )),
    }
}

fn ask(context: &Context, client: &mut Datagrams, question: &Packet) -> Result<Packet> {
    client.send(&question.pack())?;
    receive(context, client)
}

/// Fails unless `what` is as it should be.
fn expect<T: Copy + PartialEq + std::fmt::Debug>(
    context: &Context,
    what: &str,
    expected: T,
    found: T,
) -> Result {
    if expected == found {
        return Ok(());
    }
    Err(context.fail(format!("{what} {expected:?}"), format!("{what} {found:?}")))
}

pub(super) fn answer(context: &Context) -> Result {
    let server = context.server()?;
    let mut client = server.datagrams()?;
    let answer = ask(context, &mut client, &Packet::question(NONCE))?;
    expect(context, "mode", SERVER, answer.mode)?;
    // A server that does not know the time says so in both fields.
    let is_set = answer.leap != UNSYNCHRONISED;
    if is_set != (1..=15).contains(&answer.stratum) {
        return Err(context.fail(
            "a leap indicator of 0 to 2 and a stratum of 1 to 15, or 3 and 0",
            format!("{} and {}", answer.leap, answer.stratum),
        ));
    }
    if !is_set {
        return Ok(());
    }
    // What else an answer must say for that a client believes it.
    let letters = answer.reference_id;
    let is_named = letters[0] != 0
        && letters
            .iter()
            .all(|&byte| byte == 0 || byte.is_ascii_graphic());
    let set_after = answer.reference.since(answer.transmit);
    let was_set = answer.reference == Timestamp(0) || set_after <= Span::of_seconds(TICK);
    let distance = answer.root_distance();
    for (is_right, expected, found) in [
        (
            answer.precision < 0,
            "a precision of less than a second, a negative power of two",
            format!("2^{} s", answer.precision),
        ),
        (
            distance < MOST_DISTANCE,
            "a root distance of less than a second: half of root delay, and root dispersion",
            format!("{distance:.3} s"),
        ),
        (
            answer.stratum > 1 || is_named,
            "letters as the reference id of stratum 1",
            notation::bytes(&letters),
        ),
        (
            was_set,
            "a reference timestamp of 0, or before the transmit timestamp",
            format!("{:.3} s after it", set_after.seconds()),
        ),
    ] {
        if !is_right {
            return Err(context.fail(expected, found));
        }
    }
    Ok(())
}

pub(super) fn origin(context: &Context) -> Result {
    let server = context.server()?;
    let mut client = server.datagrams()?;
    for nonce in [NONCE, Timestamp(0), Timestamp(u64::MAX), Timestamp(1 << 63)] {
        let answer = ask(context, &mut client, &Packet::question(nonce))?;
        expect(context, "origin timestamp", nonce, answer.origin)?;
    }
    Ok(())
}

pub(super) fn version_and_poll(context: &Context) -> Result {
    let server = context.server()?;
    let mut client = server.datagrams()?;
    for (version, poll) in [(1, 0), (2, 4), (3, 17), (VERSION, -6)] {
        let question = Packet {
            version,
            poll,
            ..Packet::question(NONCE)
        };
        let answer = ask(context, &mut client, &question)?;
        expect(context, "version", version, answer.version)?;
        expect(context, "poll", poll, answer.poll)?;
    }
    Ok(())
}

pub(super) fn times(context: &Context) -> Result {
    let server = context.server()?;
    let mut client = server.datagrams()?;
    let before = Timestamp::now();
    let answer = ask(context, &mut client, &Packet::question(NONCE))?;
    let after = Timestamp::now();
    let tick = Span::of_seconds(TICK);
    let in_order = [
        ("the moment when the question is sent", before),
        ("the receive timestamp (T2)", answer.receive),
        ("the transmit timestamp (T3)", answer.transmit),
        ("the moment when the answer comes", after),
    ];
    for pair in in_order.windows(2) {
        let [(earlier, first), (later, second)] = [pair[0], pair[1]];
        let late = first.since(second);
        if late > tick {
            return Err(context.fail(
                format!("{later} is not before {earlier}"),
                format!("it is, by {:.3} s", late.seconds()),
            ));
        }
    }
    Ok(())
}

pub(super) fn screen(context: &Context) -> Result {
    let mut server = context.server()?;
    let mut client = server.datagrams()?;
    ask(context, &mut client, &Packet::question(NONCE))?;
    let shown = fill(context.dialect().server.shows, b"", client.local()?);
    server.program()?.expect_screen(&shown)
}

pub(super) fn longer_question(context: &Context) -> Result {
    let server = context.server()?;
    let mut client = server.datagrams()?;
    for more in [4, 20, 1000] {
        let question = Packet::question(Timestamp(more as u64));
        client.send(&[&question.pack()[..], &vec![0; more]].concat())?;
        let answer = receive(context, &mut client)?;
        expect(
            context,
            "origin timestamp",
            question.transmit,
            answer.origin,
        )?;
    }
    Ok(())
}

/// None of `datagrams` has an answer, and then a question has.
fn answers_none(context: &Context, datagrams: &[Vec<u8>]) -> Result {
    let mut server = context.server()?;
    let mut client = server.datagrams()?;
    for datagram in datagrams {
        client.send(datagram)?;
    }
    client
        .expect_silence(SILENCE)
        .map_err(|stop| stop.while_("what is no question has no answer"))?;
    let question = Packet::question(NONCE);
    let answer = ask(context, &mut client, &question)
        .map_err(|stop| stop.while_("a question is answered"))?;
    expect(context, "origin timestamp", NONCE, answer.origin)?;
    server.expect_idle()
}

pub(super) fn too_short(context: &Context) -> Result {
    let question = Packet::question(Timestamp(7)).pack();
    answers_none(
        context,
        &[0, 1, 12, SIZE - 1].map(|size| question[..size].to_vec()),
    )
}

pub(super) fn no_question(context: &Context) -> Result {
    let others = (0..=7).filter(|&mode| mode != CLIENT);
    let others = others.map(|mode| (VERSION, mode));
    let versions = [(0, CLIENT), (5, CLIENT), (7, CLIENT)];
    let packet = |(version, mode)| Packet {
        version,
        mode,
        ..Packet::question(Timestamp(7))
    };
    let datagrams: Vec<_> = others
        .chain(versions)
        .map(|one| packet(one).pack().to_vec())
        .collect();
    answers_none(context, &datagrams)
}

pub(super) fn too_fast(context: &Context) -> Result {
    const QUESTIONS: u64 = 40;
    let server = context.server()?;
    let mut client = server.datagrams()?;
    for nonce in (1..=QUESTIONS).map(Timestamp) {
        client.send(&Packet::question(nonce).pack())?;
        let Some(datagram) = client.receive_within(SILENCE)? else {
            continue;
        };
        let answer = Packet::unpack(&datagram).unwrap_or_default();
        if answer.stratum == 0 && answer.reference_id == RATE {
            expect(context, "leap indicator", UNSYNCHRONISED, answer.leap)?;
            // A busy server answers an earlier one late.
            if (1..=nonce.0).contains(&answer.origin.0) {
                return Ok(());
            }
            return expect(context, "origin timestamp", nonce, answer.origin);
        }
    }
    Err(context.fail(
        "a kiss-o'-death RATE: stratum 0, reference RATE",
        format!("{QUESTIONS} questions in a row are answered like the first"),
    ))
}
