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
