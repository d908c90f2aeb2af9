//! How busy a program is, with its children.

use std::thread;
use std::time::{Duration, Instant};

/// How often a program is looked at while it is watched.
const LOOKS: u32 = 10;

/// What the threads of a program did while they were watched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched {
    /// For how long.
    pub(super) elapsed: Duration,
    /// For how long they ran.
    pub(super) ran: Duration,
    /// In what part of the looks one of them ran, or waited for a processor that was busy with
    /// others.
    pub(super) ready: f64,
    /// How often they went to sleep by themselves.
    pub(super) sleeps: u64,
}

impl Watched {
    /// Whether they kept a processor busy, or would have. On a busy machine a program that spins
    /// runs little, but it is always ready and never sleeps.
    pub(super) fn spins(&self) -> bool {
        self.ran > self.elapsed / 2 || self.ready > 0.5 && self.sleeps < u64::from(LOOKS)
    }
}

/// Watches all processes of a group while `span` goes by. `None` where the system does not tell.
pub(super) fn watch_group(group: u32, span: Duration) -> Option<Watched> {
    let begun = Instant::now();
    let before = look(group)?;
    let mut last = before;
    let mut ready = 0;
    for _ in 0..LOOKS {
        thread::sleep(span / LOOKS);
        last = look(group)?;
        ready += u32::from(last.ready);
    }
    Some(Watched {
        elapsed: begun.elapsed(),
        // A thread that has ended takes its counts with it.
        ran: last.ran.saturating_sub(before.ran),
        ready: f64::from(ready) / f64::from(LOOKS),
        sleeps: last.sleeps.saturating_sub(before.sleeps),
    })
}

/// What the system counts of a group's threads since they began, and whether one is ready now.
#[derive(Clone, Copy, Debug, Default)]
struct Look {
    ran: Duration,
    sleeps: u64,
    ready: bool,
}

#[cfg(target_os = "linux")]
fn look(group: u32) -> Option<Look> {
    const READY: char = 'R';
    let group = i32::try_from(group).ok()?;
    let mut look = Look::default();
    for process in procfs::process::all_processes().ok()?.flatten() {
        if process.stat().is_ok_and(|stat| stat.pgrp == group)
            && let Ok(threads) = process.tasks()
        {
            for thread in threads.flatten() {
                look.ready |= thread.stat().is_ok_and(|stat| stat.state == READY);
                let times = thread.schedstat().ok();
                look.ran += times.map_or(Duration::ZERO, |times| {
                    Duration::from_nanos(times.sum_exec_runtime)
                });
                let status = thread.status().ok();
                look.sleeps += status
                    .and_then(|status| status.voluntary_ctxt_switches)
                    .unwrap_or(0);
            }
        }
    }
    Some(look)
}

#[cfg(not(target_os = "linux"))]
fn look(_group: u32) -> Option<Look> {
    None
}
