//! Crowd and storm: many connections open at once, and many connecting at once.

use anyhow::Result;

use crate::bench::load;
use crate::bench::measure::{Contender, interleave, interleave_one, memory};
use crate::bench::report::{BARE, Row, Target};
use crate::bench::setting::{Server, Setting, descriptor_limit, sides, start_bare, start_server};

const THREADING_TCP: u8 = 16;

/// Descriptors that a process has besides its connections, at most.
const OTHER_DESCRIPTORS: usize = 50;

/// A retransmitted SYN comes after a second (RFC 6298), so nobody waited for one who was
/// answered within this many milliseconds.
const BEFORE_A_RETRANSMISSION: f64 = 1000.0;

/// A fresh server: the memory of an earlier crowd would count for the next.
fn server(side: &str) -> Result<Server> {
    if side == BARE {
        start_bare(&["tcp-threads", "--line", "b'hello'", "--answer", "HELLO"])
    } else {
        start_server(THREADING_TCP, side, &[])
    }
}

/// Many connections open at once, each answered: memory and time for each.
#[allow(clippy::cast_precision_loss)] // thousands of connections, millions of bytes
pub(crate) fn crowd(setting: &Setting, name: &str) -> Vec<Row> {
    let wanted = setting.either(10_000, 2_000);
    let count = wanted.min(descriptor_limit().saturating_sub(OTHER_DESCRIPTORS));
    let mut notes = vec![format!("{count} connections open at once")];
    if count < wanted {
        notes.push(format!(
            "not {wanted}: the limit is {} open files (ulimit -Hn)",
            descriptor_limit()
        ));
    }
    let contenders = sides().into_iter().map(|side| {
        Contender::new(side, move || {
            let server = server(side)?;
            load::messages(server.address, b"hello", 1)?;
            let before = memory(server.process.id())?;
            let crowd = load::crowd(server.address, b"hello", count);
            let used = memory(server.process.id())?.saturating_sub(before);
            if let Some(failure) = crowd.failure {
                anyhow::bail!(
                    "{} of {count} connections were answered, then: {failure}",
                    crowd.connections.len()
                );
            }
            let each = 1.0 / count as f64;
            Ok([
                used as f64 * each / 1024.0,
                crowd.duration.as_secs_f64() * each * 1e6,
            ])
        })
    });
    let [memory, time] = interleave(setting.either(5, 3), contenders.collect());
    let row = |part, what: &str, unit, figures| Row {
        name: format!("{name}/{part}"),
        what: what.to_owned(),
        unit,
        figures,
        target: Target::AtMostTimes(1.25, BARE),
        notes: notes.clone(),
    };
    vec![
        row(
            "memory",
            "server memory for a connection that stays open",
            "KiB",
            memory,
        ),
        row(
            "time",
            "time to connect and be answered, one after another, while all stay open",
            "µs",
            time,
        ),
    ]
}

/// Many clients who connect at the same moment: the longest that any of them waits.
pub(crate) fn storm(setting: &Setting, name: &str) -> Vec<Row> {
    const CLIENTS: usize = 2_000;
    let count = CLIENTS.min(descriptor_limit().saturating_sub(OTHER_DESCRIPTORS));
    let contenders = sides().into_iter().map(|side| {
        Contender::new(side, move || {
            let server = server(side)?;
            load::messages(server.address, b"hello", 1)?;
            let storm = load::storm(server.address, b"hello", count)?;
            let longest = storm.answered.iter().max().copied().unwrap_or_default();
            anyhow::ensure!(
                storm.lost == 0,
                "{} of {count} clients were not answered",
                storm.lost
            );
            Ok([longest.as_secs_f64() * 1e3])
        })
    });
    let figures = interleave_one(setting.either(7, 3), contenders.collect());
    vec![Row {
        name: name.to_owned(),
        what: format!("the longest wait for an answer, of {count} clients who connect at once"),
        unit: "ms",
        figures,
        target: Target::Below(BEFORE_A_RETRANSMISSION),
        notes: Vec::new(),
    }]
}
