//! Interleaved repetitions, medians and their spread; what the system counts for a process.
//!
//! A machine does not stay as fast as it was: it warms up, and others work on it. So contenders
//! take turns, A B C A B C …, and each is judged by the median of its own turns.

use std::iter;

use anyhow::{Context, Result};
use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::{Serialize, Serializer};

/// One of those that a row compares. Each turn gives `M` numbers.
pub(crate) struct Contender<'a, const M: usize> {
    /// What the column is called.
    pub(crate) side: &'static str,
    /// One repetition.
    pub(crate) turn: Box<dyn FnMut() -> Result<[f64; M]> + 'a>,
}

impl<'a, const M: usize> Contender<'a, M> {
    /// A contender called `side`.
    pub(crate) fn new(side: &'static str, turn: impl FnMut() -> Result<[f64; M]> + 'a) -> Self {
        Self {
            side,
            turn: Box::new(turn),
        }
    }
}

/// What came of one contender in one row.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// The contender.
    pub(crate) side: &'static str,
    /// One number a repetition, in the row's unit; empty when it failed.
    pub(crate) samples: Vec<f64>,
    /// Why it could not be measured.
    pub(crate) failure: Option<String>,
}

impl Figure {
    /// The middle of the samples; `None` when there are none.
    pub(crate) fn median(&self) -> Option<f64> {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => None,
            odd if odd % 2 == 1 => Some(sorted[middle]),
            _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
        }
    }

    /// The smallest and the largest sample; `None` when there are none.
    pub(crate) fn spread(&self) -> Option<(f64, f64)> {
        let low = self.samples.iter().copied().reduce(f64::min)?;
        let high = self.samples.iter().copied().reduce(f64::max)?;
        Some((low, high))
    }

    /// A figure that follows from others, repetition by repetition.
    pub(crate) fn derived<const N: usize>(
        side: &'static str,
        from: [&Self; N],
        rule: impl Fn([f64; N]) -> f64,
    ) -> Self {
        let repetitions = from.iter().map(|figure| figure.samples.len()).min();
        let sample = |turn: usize| rule(from.map(|figure| figure.samples[turn]));
        Self {
            side,
            samples: (0..repetitions.unwrap_or(0)).map(sample).collect(),
            failure: from.iter().find_map(|figure| figure.failure.clone()),
        }
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (low, high) = self.spread().unzip();
        serde_json::json!({
            "side": self.side,
            "median": self.median(),
            "low": low,
            "high": high,
            "samples": self.samples,
            "failure": self.failure,
        })
        .serialize(serializer)
    }
}

/// Lets the contenders take turns, `repetitions` times, and returns their figures, one list for
/// each of the `M` numbers. A contender that fails drops out; the others go on.
pub(crate) fn interleave<const M: usize>(
    repetitions: usize,
    mut contenders: Vec<Contender<M>>,
) -> [Vec<Figure>; M] {
    let blank = |contender: &Contender<M>| Figure {
        side: contender.side,
        samples: Vec::new(),
        failure: None,
    };
    let mut figures: [Vec<Figure>; M] =
        std::array::from_fn(|_| contenders.iter().map(blank).collect());
    for _ in 0..repetitions {
        for (position, contender) in contenders.iter_mut().enumerate() {
            if figures.iter().any(|row| row[position].failure.is_some()) {
                continue;
            }
            let turn = (contender.turn)();
            for (metric, row) in figures.iter_mut().enumerate() {
                match &turn {
                    Ok(numbers) => row[position].samples.push(numbers[metric]),
                    Err(error) => {
                        row[position].samples.clear();
                        row[position].failure = Some(format!("{error:#}"));
                    }
                }
            }
        }
    }
    figures
}

/// [`interleave`] for contenders that give one number a turn.
pub(crate) fn interleave_one(repetitions: usize, contenders: Vec<Contender<1>>) -> Vec<Figure> {
    let [figures] = interleave(repetitions, contenders);
    figures
}

/// While it lives, this thread and the processes that it starts share one processor.
///
/// Where a client and a server take turns, each waits for the other. On two processors each turn
/// then wakes one that has gone to sleep; what that costs depends on how deep it sleeps, swings
/// from run to run, and is not the programs' work. (An exchange of 2 µs was seen to take from
/// 4 to 20 so.)
#[derive(Debug)]
pub(crate) struct OneProcessor {
    before: CpuSet,
}

impl OneProcessor {
    /// Takes the first processor that this thread may use.
    pub(crate) fn share() -> Result<Self> {
        let before = sched_getaffinity(None).context("the processors are not told")?;
        let first = (0..CpuSet::MAX_CPU).find(|cpu| before.is_set(*cpu));
        let mut one = CpuSet::new();
        one.set(first.context("there is no processor")?);
        sched_setaffinity(None, &one).context("cannot choose a processor")?;
        Ok(Self { before })
    }
}

impl Drop for OneProcessor {
    fn drop(&mut self) {
        // Where it fails, the rows that follow have one processor, and show it.
        let _ = sched_setaffinity(None, &self.before);
    }
}

/// The processor time that a process has used since its start, user and system, in seconds.
///
/// It is read from the process's own clock (`clock_getcpuclockid`): the scheduler's account in
/// nanoseconds, all threads, those that have ended too. (`/proc/PID/stat` shows the same account in
/// steps of 10 ms, and `/proc/PID/schedstat` only the first thread's.)
pub(crate) fn processor_time(process: u32) -> Result<f64> {
    let id = i32::try_from(process).context("no process has such an id")?;
    let clock: ClockId = clock_getcpuclockid(nix::unistd::Pid::from_raw(id))
        .context("the process has no clock: has it ended?")?;
    let time = clock_gettime(clock).context("the process's clock cannot be read")?;
    Ok(std::time::Duration::from(time).as_secs_f64())
}

/// The memory that a process has from the system, in bytes: resident pages and page tables.
pub(crate) fn memory(process: u32) -> Result<u64> {
    let status = status(process)?;
    let kib = iter::once(status.vmrss).chain([status.vmpte]).flatten();
    Ok(kib.sum::<u64>() * 1024)
}

/// The most resident memory that a process ever had, in bytes.
pub(crate) fn peak_memory(process: u32) -> Result<u64> {
    let peak = status(process)?.vmhwm;
    Ok(peak.context("/proc does not tell VmHWM")? * 1024)
}

fn status(process: u32) -> Result<procfs::process::Status> {
    let id = i32::try_from(process).context("no process has such an id")?;
    procfs::process::Process::new(id)
        .and_then(|process| process.status())
        .context("/proc does not show the process: has it ended?")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn figure(samples: &[f64]) -> Figure {
        Figure {
            side: "x",
            samples: samples.to_vec(),
            failure: None,
        }
    }

    #[test]
    fn the_median_is_the_middle_and_the_spread_the_ends() {
        assert_eq!(figure(&[3.0, 1.0, 2.0]).median(), Some(2.0));
        assert_eq!(figure(&[4.0, 1.0, 2.0, 3.0]).median(), Some(2.5));
        assert_eq!(figure(&[3.0, 1.0, 2.0]).spread(), Some((1.0, 3.0)));
        assert_eq!(figure(&[]).median(), None);
    }

    #[test]
    fn contenders_take_turns_and_one_that_fails_drops_out() {
        let order = RefCell::new(String::new());
        let turn = |name: char, fails: bool| {
            let order = &order;
            move || {
                order.borrow_mut().push(name);
                anyhow::ensure!(!fails, "no");
                Ok([1.0])
            }
        };
        let figures = interleave_one(
            3,
            vec![
                Contender::new("a", turn('a', false)),
                Contender::new("b", turn('b', true)),
                Contender::new("c", turn('c', false)),
            ],
        );
        assert_eq!(*order.borrow(), "abcacac");
        assert_eq!(figures[0].samples.len(), 3);
        assert_eq!(figures[1].failure.as_deref(), Some("no"));
    }

    #[test]
    fn a_figure_follows_from_others_turn_by_turn() {
        let sum = Figure::derived(
            "sum",
            [&figure(&[1.0, 2.0]), &figure(&[10.0, 20.0])],
            |[a, b]| a + b,
        );
        assert_eq!(sum.samples, [11.0, 22.0]);
    }

    #[test]
    fn a_process_has_used_time_and_memory() {
        let own = std::process::id();
        let before = processor_time(own).unwrap();
        let mut number = 1_u64;
        while processor_time(own).unwrap() - before < 0.001 {
            number = std::hint::black_box(number.wrapping_mul(3));
        }
        assert!(memory(own).unwrap() > 100_000);
        assert!(peak_memory(own).unwrap() > 100_000);
    }
}
