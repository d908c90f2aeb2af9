//! The pauses between two looks at something that another process changes.

use std::thread;
use std::time::Duration;

/// Short at first, for most comes at once; longer later, for a look may read a whole file, or all of the system's sockets.
#[derive(Debug)]
pub(crate) struct Pause(Duration);

impl Pause {
    const FIRST: Duration = Duration::from_millis(1);
    const LONGEST: Duration = Duration::from_millis(16);

    pub(crate) const fn new() -> Self {
        Self(Self::FIRST)
    }

    pub(crate) fn wait(&mut self) {
        thread::sleep(self.0);
        self.0 = (self.0 * 2).min(Self::LONGEST);
    }
}

/// What `look` finds, as soon as it does; in tests of sockets that were closed. A program that another thread starts has them
/// too, until its `exec`.
#[cfg(test)]
pub(crate) fn in_time<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = std::time::Instant::now();
    let mut pause = Pause::new();
    loop {
        let found = look();
        if found.is_some() || begun.elapsed() > crate::run::process::PATIENCE {
            return found;
        }
        pause.wait();
    }
}
