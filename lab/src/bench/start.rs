//! Start: a client's processor time from its start to its prompt.

use anyhow::ensure;

use crate::bench::measure::{Contender, interleave_one, processor_time};
use crate::bench::report::{BARE, Row, Target};
use crate::bench::setting::{Setting, bare, command, sides};
use crate::pairs::Side;
use crate::run::process::{PATIENCE, Process};

const NTP: u8 = 11;

/// Measures it, with the ntp client, which prompts before it asks anybody.
pub(crate) fn measure(setting: &Setting, name: &str) -> Vec<Row> {
    let contenders = sides().into_iter().map(|side| {
        Contender::new(side, move || {
            let mut command = if side == BARE {
                bare(&["prompt"])?
            } else {
                command(NTP, Side::Client, side)?
            };
            let process = Process::start(&mut command)?;
            ensure!(process.stdout().shows(">>>", PATIENCE), "no prompt");
            Ok([processor_time(process.id())? * 1e3])
        })
    });
    let figures = interleave_one(setting.either(21, 7), contenders.collect());
    vec![Row {
        name: name.to_owned(),
        what: "processor time of a client (ntp) from its start to its prompt".to_owned(),
        unit: "ms",
        figures,
        target: Target::Below(5.0),
        notes: Vec::new(),
    }]
}
