//! The talk that two threads hold: one has the keyboard, the other the socket.
//!
//! Whoever has locked it neither sends nor prints, which may take its time: what is to be sent or printed is taken out first.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::talk::{Over, Talk};

/// A talk, and what tells that it has changed.
#[derive(Debug)]
pub struct Shared {
    talk: Mutex<Talk>,
    changed: Condvar,
}

impl Shared {
    /// A talk that begins; with a `limit` of `None` it waits for the server for ever.
    #[must_use]
    pub fn new(name: String, limit: Option<Duration>, now: Instant) -> Self {
        let talk = Talk::new(name, limit.unwrap_or(Duration::MAX), now);
        Self {
            talk: Mutex::new(talk),
            changed: Condvar::new(),
        }
    }

    /// The talk, for this thread alone.
    pub fn talk(&self) -> MutexGuard<'_, Talk> {
        self.talk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until another line may be typed.
    pub fn wait_for_room(&self) {
        let is_full = |talk: &mut Talk| talk.is_full() && talk.over().is_none();
        drop(self.changed.wait_while(self.talk(), is_full));
    }

    /// What there is to show, and whether it is over. Who waits for room looks again.
    pub fn news(&self) -> (Vec<String>, Option<Over>) {
        let mut talk = self.talk();
        self.changed.notify_all();
        (talk.lines(), talk.over())
    }
}
