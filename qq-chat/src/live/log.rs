//! What has happened, until everybody has it.
//!
//! There is one log for all, and of each person only a number is kept, up to which they have it. An event is kept as long as
//! somebody lacks it, and while 256 are kept nobody can say anything new: whoever is slow slows the others down, and
//! who does not acknowledge anything at all is gone after a while, so memory is bounded.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// So many events are kept before it is full.
const MOST: usize = 256;

/// Events, the oldest first.
#[derive(Debug, Default)]
pub struct Log {
    /// The number of the last event that is not kept any more.
    forgotten: u64,
    events: VecDeque<Kept>,
}

#[derive(Debug)]
struct Kept {
    /// As it goes to everybody, packed once.
    datagram: Arc<[u8]>,
    /// How many have not acknowledged it yet.
    missing: usize,
}

impl Log {
    /// The number of the last event; 0 before the first.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.forgotten + self.events.len() as u64
    }

    /// Whether nothing new can be said.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.events.len() >= MOST
    }

    /// Adds the event with the number [`last`](Self::last) + 1, which `people` persons lack.
    pub fn push(&mut self, datagram: &[u8], people: usize) {
        self.events.push_back(Kept {
            datagram: datagram.into(),
            missing: people,
        });
        self.forget();
    }

    /// The event with this number, if it is kept.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&Arc<[u8]>> {
        let index = number.checked_sub(self.forgotten + 1)?;
        let kept = self.events.get(usize::try_from(index).ok()?)?;
        Some(&kept.datagram)
    }

    /// One person has the events with these numbers, or will not need them any more.
    pub fn has(&mut self, numbers: RangeInclusive<u64>) {
        for number in numbers {
            let index = number.checked_sub(self.forgotten + 1);
            let index = index.and_then(|index| usize::try_from(index).ok());
            if let Some(kept) = index.and_then(|index| self.events.get_mut(index)) {
                kept.missing = kept.missing.saturating_sub(1);
            }
        }
        self.forget();
    }

    fn forget(&mut self) {
        while self.events.front().is_some_and(|kept| kept.missing == 0) {
            self.events.pop_front();
            self.forgotten += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_kept_until_everybody_has_it() {
        let mut log = Log::default();
        log.push(b"one", 2);
        log.push(b"two", 1);
        log.has(2..=2);
        log.has(1..=1);
        assert_eq!(log.get(1).map(|event| &event[..]), Some(&b"one"[..]));
        log.has(1..=1);
        assert_eq!((log.get(1), log.get(2), log.last()), (None, None, 2));
        log.push(b"three", 0);
        assert_eq!((log.get(3), log.last()), (None, 3));
    }

    #[test]
    fn it_is_full_while_one_person_lacks_too_much() {
        let mut log = Log::default();
        for _ in 0..MOST {
            assert!(!log.is_full());
            log.push(b"event", 1);
        }
        assert!(log.is_full());
        log.has(1..=1);
        assert!(!log.is_full());
    }
}
