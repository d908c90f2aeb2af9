//! How busy a program is, with its children.

use std::time::Duration;

/// For how long the threads of all processes of a group have had something to do: they ran, or
/// were ready to run and waited for a processor. On a busy machine the waiting tells a program that
/// spins from one that sleeps; what it got of the processors does not. `None` where the system does
/// not tell.
#[cfg(target_os = "linux")]
#[must_use]
pub(super) fn busy_time_of_group(group: u32) -> Option<Duration> {
    let group = i32::try_from(group).ok()?;
    let nanoseconds: u64 = procfs::process::all_processes()
        .ok()?
        .filter_map(Result::ok)
        .filter(|process| process.stat().is_ok_and(|stat| stat.pgrp == group))
        .filter_map(|process| process.tasks().ok())
        .flat_map(|tasks| tasks.filter_map(|task| task.ok()?.schedstat().ok()))
        .map(|times| times.sum_exec_runtime + times.run_delay)
        .sum();
    Some(Duration::from_nanos(nanoseconds))
}

/// For how long the threads of all processes of a group have had something to do. `None` where the
/// system does not tell.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub(super) fn busy_time_of_group(_group: u32) -> Option<Duration> {
    None
}
