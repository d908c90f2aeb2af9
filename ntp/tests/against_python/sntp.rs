//! `ntp::sntp` against its mirror in `ntp/python/sntp`: whatever the bytes, both make the same of them.

use std::path::Path;
use std::time::{Duration, Instant, UNIX_EPOCH};

use ntp::sntp::answer::Sample;
use ntp::sntp::packet::{Packet, SIZE};
use ntp::sntp::plot::plot;
use ntp::sntp::rate::Clients;
use ntp::sntp::timestamp::{Span, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::python::{self, Python};

/// How many cases each test has. They go to Python in one piece.
const CASES: usize = 2000;

fn cases<T>(strategy: impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = TestRunner::new(Config::default());
    (0..CASES)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect()
}

/// Has Python work out `answers`, a list, from `cases`.
fn ask(python: &Python, program: &str, cases: &Value) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paths = [folder.join("python"), folder.join("../common/python")];
    let program = format!(
        "import json, sys\nsys.path[:0] = {paths:?}\ncases = json.load(sys.stdin)\n{program}\njson.dump(answers, sys.stdout)\n"
    );
    serde_json::from_str(&python.ask(&program, &cases.to_string())).unwrap()
}

/// The bytes of an answer that may be good: each check fails for some.
fn answer() -> impl Strategy<Value = [u8; SIZE]> {
    let first = prop_oneof![Just(0x24), Just(0x64), any::<u8>()];
    let stratum = prop_oneof![Just(0), 1..17_u8, any::<u8>()];
    let code = prop_oneof![
        Just(*b"RATE"),
        Just(*b"DENY"),
        Just(*b"GPS\0"),
        any::<[u8; 4]>()
    ];
    let short = prop_oneof![Just(0), 0..70_000_u32, any::<u32>()];
    let times = prop_oneof![
        any::<[u64; 4]>(),
        any::<u64>().prop_map(|time| [time, time, time.wrapping_add(9), time.wrapping_add(70)]),
        Just([0; 4]),
    ];
    (first, stratum, code, (short.clone(), short), times).prop_map(
        |(first, stratum, code, (delay, dispersion), times)| {
            let mut bytes = Packet {
                stratum,
                root_delay: delay,
                root_dispersion: dispersion,
                reference_id: code,
                reference: Timestamp(times[0]),
                origin: Timestamp(times[1]),
                receive: Timestamp(times[2]),
                transmit: Timestamp(times[3]),
                ..Packet::default()
            }
            .pack();
            bytes[0] = first;
            bytes
        },
    )
}

#[test]
fn both_languages_make_the_same_of_an_answer() {
    let Some(python) = python::python() else {
        return;
    };
    let cases = cases((answer(), any::<u64>(), 0..1_u64 << 40));
    let cases: Vec<_> = cases
        .into_iter()
        // The four timestamps may have to do with each other.
        .map(|(bytes, asked, later)| {
            let received = Packet::unpack(&bytes).unwrap().receive.0;
            let asked = if later % 2 == 0 {
                received.wrapping_sub(later)
            } else {
                asked
            };
            (bytes.to_vec(), asked, asked.wrapping_add(later))
        })
        .collect();
    let program = "\
from common import console
from sntp import answer, packet

def made_of(data, asked, answered):
    unpacked = packet.unpack(bytes(data))
    assert unpacked.pack() == bytes(data)
    try:
        sample = answer.sample(unpacked, asked, answered)
    except console.Failure as refusal:
        return [str(refusal), refusal.asks_for_patience]
    return [str(sample), sample.json('[::1]:1123')]

answers = [made_of(*case) for case in cases]";
    let in_python = ask(&python, program, &json!(cases));
    let mut good = 0;
    for ((bytes, asked, answered), in_python) in cases.iter().zip(in_python.as_array().unwrap()) {
        let packet = Packet::unpack(bytes).unwrap();
        let sample = Sample::from(&packet, Timestamp(*asked), Timestamp(*answered));
        good += usize::from(sample.is_ok());
        let in_rust = match sample {
            Ok(sample) => json!([sample.to_string(), sample.json("[::1]:1123")]),
            Err(refusal) => json!([refusal.to_string(), refusal.asks_for_patience()]),
        };
        assert_eq!(&in_rust, in_python, "{bytes:?} {asked} {answered}");
    }
    assert!(
        (CASES / 50..CASES * 9 / 10).contains(&good),
        "{good} of {CASES} are good"
    );
}

#[test]
fn both_languages_tell_the_same_time() {
    let Some(python) = python::python() else {
        return;
    };
    let cases = cases((
        0..1_u64 << 33,
        0..1_000_000_000_u32,
        -2_147_483_647.0..2_147_483_647.0,
    ));
    let program = "\
from sntp import timestamp
answers = [[timestamp.at(s * 10**9 + n), timestamp.of_seconds(shift)] for s, n, shift in cases]";
    let in_python = ask(&python, program, &json!(cases));
    for ((seconds, nanoseconds, shift), in_python) in
        cases.iter().zip(in_python.as_array().unwrap())
    {
        let time = UNIX_EPOCH + Duration::new(*seconds, *nanoseconds);
        let in_rust = json!([Timestamp::from(time).0, Span::of_seconds(*shift).0]);
        assert_eq!(&in_rust, in_python);
    }
}

#[test]
fn both_languages_count_questions_alike() {
    let Some(python) = python::python() else {
        return;
    };
    // Whole seconds, so that no number is rounded.
    let cases: Vec<(u32, Vec<(u8, u32)>)> = cases((0..20_u32, vec((0..3_u8, 0..30_u32), 0..60)))
        .into_iter()
        .take(200)
        .collect();
    let program = "\
from sntp import rate

def may(interval, questions):
    clients, now, may = rate.Clients(interval), 0, []
    for client, later in questions:
        now += later
        may.append(clients.may_ask(client, now))
    return may

answers = [may(*case) for case in cases]";
    let in_python = ask(&python, program, &json!(cases));
    for ((interval, questions), in_python) in cases.iter().zip(in_python.as_array().unwrap()) {
        let mut clients = Clients::new(Duration::from_secs((*interval).into()));
        let mut now = Instant::now();
        let may: Vec<_> = questions
            .iter()
            .map(|(client, later)| {
                now += Duration::from_secs((*later).into());
                clients.may_ask([127, 0, 0, *client].into(), now)
            })
            .collect();
        assert_eq!(&json!(may), in_python, "{interval} {questions:?}");
    }
}

#[test]
fn both_languages_draw_the_same_picture() {
    let Some(python) = python::python() else {
        return;
    };
    let near = -1_i64 << 34..1_i64 << 34;
    let cases: Vec<Vec<(i64, i64, f64)>> = cases(vec((near, 0..1_i64 << 33, 0.0..4.0), 0..8))
        .into_iter()
        .take(300)
        .collect();
    let program = "\
from sntp.answer import Sample
from sntp.plot import plot
answers = [plot([Sample(o, d, d / 2**33 + e, 1, 0, 'GPS') for o, d, e in case]) for case in cases]";
    let in_python = ask(&python, program, &json!(cases));
    for (case, in_python) in cases.iter().zip(in_python.as_array().unwrap()) {
        let sample = |&(offset, delay, error): &(i64, i64, f64)| Sample {
            offset: Span(offset),
            delay: Span(delay),
            error: Span(delay).seconds() / 2.0 + error,
            stratum: 1,
            leap: 0,
            reference: "GPS".to_owned(),
        };
        let samples: Vec<_> = case.iter().map(sample).collect();
        assert_eq!(&json!(plot(&samples)), in_python, "{case:?}");
    }
}
