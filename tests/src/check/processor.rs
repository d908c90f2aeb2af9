//! How much processor time a program has used, with its children.

use std::time::Duration;

/// The processor time, user and system, of all processes of a group. `None` where the system
/// does not tell.
#[cfg(target_os = "linux")]
#[must_use]
pub(super) fn time_of_group(group: u32) -> Option<Duration> {
    let group = i32::try_from(group).ok()?;
    let ticks: u64 = procfs::process::all_processes()
        .ok()?
        .filter_map(|process| process.ok()?.stat().ok())
        .filter(|stat| stat.pgrp == group)
        .map(|stat| stat.utime + stat.stime)
        .sum();
    Some(Duration::from_millis(
        ticks * 1000 / procfs::ticks_per_second().max(1),
    ))
}

/// The processor time, user and system, of all processes of a group. `None` where the system
/// does not tell.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub(super) fn time_of_group(_group: u32) -> Option<Duration> {
    None
}
