//! The processes that a program has started, wherever they went.
//!
//! Its process group has most of them. A process may leave the group (`setsid`), and be nobody's
//! child once its parent has ended; what it keeps is its environment. So every program gets a
//! variable of its own, by which they are found. What a program that is itself this tool starts is
//! marked within that program's mark. Linux only, and not those that empty their environment.

use std::env;
use std::process::{Command, id};
use std::sync::atomic::{AtomicU64, Ordering};

const NAME: &str = "LAB_PROGRAM";

/// Ends all processes of a group.
pub(crate) fn kill_group(id: u32) {
    #[cfg(unix)]
    signal_group(id, rustix::process::Signal::KILL);
    #[cfg(not(unix))]
    let _ = id;
}

/// Sends a signal to all processes of a group.
#[cfg(unix)]
pub(crate) fn signal_group(id: u32, signal: rustix::process::Signal) {
    use rustix::process::{Pid, kill_process_group};
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // It may have ended by itself.
        let _ = kill_process_group(pid, signal);
    }
}

/// All processes of a group.
#[cfg(target_os = "linux")]
pub(crate) fn processes_of(group: u32) -> Vec<procfs::process::Process> {
    use nix::unistd::{self, getpgid};

    let Some(group) = i32::try_from(group).ok().map(unistd::Pid::from_raw) else {
        return Vec::new();
    };
    let is_in_it = |process: &i32| getpgid(Some(unistd::Pid::from_raw(*process))) == Ok(group);
    all_processes()
        .filter(is_in_it)
        .filter_map(|process| procfs::process::Process::new(process).ok())
        .collect()
}

/// All processes of the system, by their numbers in `/proc`: nothing is asked of each.
#[cfg(target_os = "linux")]
fn all_processes() -> impl Iterator<Item = i32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// How many descend from a process; 0 where that cannot be seen.
pub(crate) fn count(root: u32) -> usize {
    #[cfg(target_os = "linux")]
    {
        let parents: Vec<(i32, i32)> = all_processes()
            .filter_map(|process| procfs::process::Process::new(process).ok())
            .filter_map(|process| process.stat().ok())
            .map(|stat| (stat.ppid, stat.pid))
            .collect();
        let mut family = vec![i32::try_from(root).unwrap_or_default()];
        let mut looked_at = 0;
        while let Some(&parent) = family.get(looked_at) {
            looked_at += 1;
            let children = parents.iter().filter(|(of, _)| *of == parent);
            family.extend(children.map(|(_, child)| child));
        }
        family.len() - 1
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = root;
        0
    }
}

/// What a program and its descendants carry.
#[derive(Debug)]
pub(crate) struct Mark(String);

impl Mark {
    /// One that no other program has, this process's or another's.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(format!("{}{number}", prefix()))
    }

    /// Marks a program that is about to be started.
    pub(crate) fn put_on(&self, command: &mut Command) {
        command.env(NAME, &self.0);
    }

    /// Ends, as `kill -9` does, whoever carries it, or one within it.
    pub(crate) fn kill(&self) {
        kill(|mark| {
            let within = mark.strip_prefix(&self.0);
            within.is_some_and(|within| within.is_empty() || within.starts_with('/'))
        });
    }
}

/// Ends the descendants of all programs that this process has started.
pub(crate) fn kill_all() {
    let prefix = prefix();
    kill(|mark| mark.starts_with(&prefix));
}

/// How all marks of this process begin: with the mark that it carries itself, if it does.
fn prefix() -> String {
    let around = env::var(NAME).map_or_else(|_| String::new(), |around| around + "/");
    format!("{around}{}.", id())
}

/// Looks until nobody is left: one that is found may just be starting another. Two looks must agree
/// on it, because one that is just becoming another program (`exec`) has no environment for a moment.
#[cfg(target_os = "linux")]
fn kill(is_meant: impl Fn(&str) -> bool) {
    use std::ffi::CStr;
    use std::fs;
    use std::thread;
    use std::time::Duration;

    use rustix::process::{Pid, Signal, kill_process};

    const LOOKS: u32 = 100;
    const PAUSE: Duration = Duration::from_millis(2);
    let entry = memchr::memmem::Finder::new(&format!("\0{NAME}=")).into_owned();
    let carries_it = |process: &i32| {
        // A process of another user, or one that has ended, shows nothing.
        let path = format!("/proc/{process}/environ");
        let environment = [b"\0", fs::read(path).unwrap_or_default().as_slice()].concat();
        let mark = entry
            .find(&environment)
            .map(|at| &environment[at + entry.needle().len()..]);
        let mark = mark.and_then(|mark| CStr::from_bytes_until_nul(mark).ok());
        mark.and_then(|mark| mark.to_str().ok())
            .is_some_and(&is_meant)
    };
    let mut in_vain = 0;
    for _ in 0..LOOKS {
        let mut any = false;
        for process in all_processes().filter(carries_it) {
            any = true;
            if let Some(process) = Pid::from_raw(process) {
                // It may have ended by itself.
                let _ = kill_process(process, Signal::KILL);
            }
        }
        in_vain = if any { 0 } else { in_vain + 1 };
        if in_vain == 2 {
            return;
        }
        thread::sleep(PAUSE);
    }
}

#[cfg(not(target_os = "linux"))]
fn kill(_is_meant: impl Fn(&str) -> bool) {}
