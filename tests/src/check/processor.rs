//! How busy a program is, with its children.

use std::ops::Sub;
use std::time::Duration;

/// For how long the threads of a program have had something to do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BusyTime {
    /// They ran.
    pub(super) ran: Duration,
    /// They were ready to run, and waited for a processor that was busy with others.
    pub(super) waited: Duration,
    /// How often they went to sleep by themselves.
    pub(super) sleeps: u64,
}

impl Sub for BusyTime {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        // A thread that has ended takes its times with it.
        Self {
            ran: self.ran.saturating_sub(before.ran),
            waited: self.waited.saturating_sub(before.waited),
            sleeps: self.sleeps.saturating_sub(before.sleeps),
        }
    }
}

/// The busy time of all processes of a group. `None` where the system does not tell.
#[cfg(target_os = "linux")]
#[must_use]
pub(super) fn busy_time_of_group(group: u32) -> Option<BusyTime> {
    let group = i32::try_from(group).ok()?;
    let mut busy = BusyTime::default();
    for process in procfs::process::all_processes().ok()?.flatten() {
        if process.stat().is_ok_and(|stat| stat.pgrp == group)
            && let Ok(threads) = process.tasks()
        {
            for times in threads
                .flatten()
                .filter_map(|thread| thread.schedstat().ok())
            {
                busy.ran += Duration::from_nanos(times.sum_exec_runtime);
                busy.waited += Duration::from_nanos(times.run_delay);
            }
        }
    }
    Some(busy)
}

/// The busy time of all processes of a group. `None` where the system does not tell.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub(super) fn busy_time_of_group(_group: u32) -> Option<BusyTime> {
    None
}
