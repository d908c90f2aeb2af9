//! How busy a program is, with its children, and whether it waits.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use crate::run::descendants::processes_of;
#[cfg(target_os = "linux")]
use crate::run::pause::Pause;

/// How often a program is looked at while it is watched.
pub(crate) const LOOKS: u32 = 10;

/// What a program did while it was watched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched {
    pub(crate) elapsed: Duration,
    /// For how long its threads ran, together.
    pub(crate) ran: Duration,
    /// For how long they were ready and waited for a processor that was busy with others, together.
    waited: Duration,
    pub(crate) busiest: Thread,
}

/// What one thread did while it was watched.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Thread {
    /// At how many of the [`LOOKS`] it ran, or waited for a processor that was busy with others.
    pub(crate) ready: u32,
    /// How often it went to sleep by itself.
    pub(crate) sleeps: u64,
}

impl Watched {
    /// Whether the program kept a processor busy, or would have. On a busy machine a thread that
    /// spins runs little, but it is always ready and never sleeps. Each thread is judged by
    /// itself: beside the one that spins, others may have just gone to sleep. But several that spin
    /// may sleep in turns: those of Python wait for the interpreter's lock.
    pub(crate) fn spins(&self) -> bool {
        let Thread { ready, sleeps } = self.busiest;
        self.ran + self.waited > self.elapsed / 2 || ready > LOOKS / 2 && sleeps < u64::from(LOOKS)
    }
}

/// Watches all processes of a group while `span` goes by. `None` where the system does not tell.
pub(crate) fn watch_group(group: u32, span: Duration) -> Option<Watched> {
    let begun = Instant::now();
    let before = look(group)?;
    let mut threads: HashMap<Id, Thread> = HashMap::new();
    let (mut ran, mut waited) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..LOOKS {
        thread::sleep(span / LOOKS);
        let now = look(group)?;
        // A thread that has ended takes its counts with it.
        let sum = |time: fn(&Look) -> Duration| {
            now.iter()
                .map(|(id, look)| time(look).saturating_sub(time(&counted(&before, *id))))
                .sum()
        };
        (ran, waited) = (sum(|look| look.ran), sum(|look| look.waited));
        for (id, look) in now {
            let thread = threads.entry(id).or_default();
            thread.ready += u32::from(look.ready);
            thread.sleeps = look.sleeps.saturating_sub(counted(&before, id).sleeps);
        }
    }
    Some(Watched {
        elapsed: begun.elapsed(),
        ran,
        waited,
        busiest: threads
            .into_values()
            .max_by_key(|thread| (thread.ready, Reverse(thread.sleeps)))
            .unwrap_or_default(),
    })
}

/// Waits until a process sleeps: it waits in a system call for what may come. Python looks for signals between two of its
/// instructions, so that a Ctrl-C between the last look and the beginning of `recvfrom` does nothing until something is
/// received; a person presses it again. Where the system does not tell, or for one that never sleeps, this waits no longer.
pub fn wait_until_asleep(process: u32) {
    #[cfg(target_os = "linux")]
    {
        const LONGEST: Duration = Duration::from_secs(5);
        let state = || {
            let process = procfs::process::Process::new(process.try_into().ok()?).ok()?;
            Some(process.stat().ok()?.state)
        };
        let begun = Instant::now();
        let mut pause = Pause::new();
        while state().is_some_and(|state| !"SZ".contains(state)) && begun.elapsed() < LONGEST {
            pause.wait();
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = process;
}

/// A process and a thread of it.
type Id = (i32, i32);

/// What the system counts of a thread since it began, and whether it is ready now.
#[derive(Clone, Copy, Debug, Default)]
struct Look {
    ran: Duration,
    waited: Duration,
    sleeps: u64,
    ready: bool,
}

/// What was counted of a thread: nothing, when it had not begun.
fn counted(looks: &HashMap<Id, Look>, id: Id) -> Look {
    looks.get(&id).copied().unwrap_or_default()
}

#[cfg(target_os = "linux")]
#[expect(clippy::unnecessary_wraps, reason = "other systems do not tell")]
fn look(group: u32) -> Option<HashMap<Id, Look>> {
    const READY: char = 'R';
    let mut looks = HashMap::new();
    for process in processes_of(group) {
        if let Ok(threads) = process.tasks() {
            for thread in threads.flatten() {
                let (ran, waited) = thread
                    .schedstat()
                    .map_or((0, 0), |times| (times.sum_exec_runtime, times.run_delay));
                let look = Look {
                    ran: Duration::from_nanos(ran),
                    waited: Duration::from_nanos(waited),
                    sleeps: thread
                        .status()
                        .ok()
                        .and_then(|status| status.voluntary_ctxt_switches)
                        .unwrap_or(0),
                    ready: thread.stat().is_ok_and(|stat| stat.state == READY),
                };
                looks.insert((thread.pid, thread.tid), look);
            }
        }
    }
    Some(looks)
}

#[cfg(not(target_os = "linux"))]
fn look(_group: u32) -> Option<HashMap<Id, Look>> {
    None
}
