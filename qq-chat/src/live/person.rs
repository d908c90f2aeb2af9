//! One person at the server: what they have got, and what is on its way to them.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use super::again::{self, Pulse};
use super::datagram::Secret;

/// How many events may be on their way to a person. More waits until they have acknowledged some: their socket's buffer is
/// not endless either.
const WINDOW: usize = 32;

/// Somebody who has joined. Takes about a kilobyte, whatever happens.
#[derive(Debug)]
pub struct Person {
    /// Their name, which nobody else has.
    pub name: String,
    /// What only they know.
    pub token: Secret<16>,
    /// The number of their last request that is done.
    pub done: u64,
    /// When they were heard.
    pub pulse: Pulse,
    /// Whether they stand in the queue of those who get an event.
    pub is_queued: bool,
    /// They have all events up to this number.
    acked: u64,
    /// When the events behind it were sent for the first time.
    on_their_way: VecDeque<Instant>,
    /// When the first of them is sent again, and how often it was already.
    again_at: Instant,
    repetitions: u32,
}

impl Person {
    /// Joins when the last event has the number `last`.
    #[must_use]
    pub fn new(name: String, token: Secret<16>, last: u64, now: Instant) -> Self {
        Self {
            name,
            token,
            done: 0,
            pulse: Pulse::new(now),
            is_queued: false,
            acked: last,
            on_their_way: VecDeque::new(),
            again_at: now,
            repetitions: 0,
        }
    }

    /// They have all events up to this number.
    #[must_use]
    pub fn acked(&self) -> u64 {
        self.acked
    }

    /// The number of the next event that they get, if they may get one, and the last has the number `last`.
    #[must_use]
    pub fn next(&self, last: u64) -> Option<u64> {
        let next = self.acked + self.on_their_way.len() as u64 + 1;
        (next <= last && self.on_their_way.len() < WINDOW).then_some(next)
    }

    /// The next event is sent.
    pub fn sent(&mut self, now: Instant) {
        if self.on_their_way.is_empty() {
            self.again_at = now + again::FIRST_PAUSE;
            self.repetitions = 0;
        }
        self.on_their_way.push_back(now);
    }

    /// They have acknowledged all up to a number: which events they have got since the last time. What was never sent
    /// cannot be acknowledged.
    pub fn acknowledge(&mut self, upto: u64) -> Option<RangeInclusive<u64>> {
        let more = upto.checked_sub(self.acked).filter(|&more| more > 0)?;
        let more = usize::try_from(more).ok()?;
        if more > self.on_their_way.len() {
            return None;
        }
        self.on_their_way.drain(..more);
        let got = self.acked + 1..=upto;
        self.acked = upto;
        self.repetitions = 0;
        // The next one may have been lost long ago: then it goes out at once.
        if let Some(&first) = self.on_their_way.front() {
            self.again_at = first + again::FIRST_PAUSE;
        }
        Some(got)
    }

    /// The number of the event that is to be sent again now. Then it is noted.
    pub fn again(&mut self, now: Instant) -> Option<u64> {
        if self.on_their_way.is_empty() || now < self.again_at {
            return None;
        }
        self.repetitions += 1;
        self.again_at = now + again::pause(self.repetitions);
        Some(self.acked + 1)
    }

    /// Whether they have been silent for so long, or have not acknowledged an event for so long.
    #[must_use]
    pub fn is_gone(&self, now: Instant, patience: Duration) -> bool {
        let since = self.on_their_way.front();
        let is_stuck = since.is_some_and(|&since| now.saturating_duration_since(since) >= patience);
        is_stuck || self.pulse.has_stopped(now, patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(now: Instant) -> Person {
        Person::new("anna".to_owned(), Secret([1; 16]), 10, now)
    }

    #[test]
    fn no_more_is_on_its_way_than_the_window_holds() {
        let now = Instant::now();
        let mut person = person(now);
        while person.next(1000).is_some() {
            person.sent(now);
        }
        assert_eq!(person.on_their_way.len(), WINDOW);
        assert_eq!(person.acknowledge(12), Some(11..=12));
        assert_eq!(person.next(1000), Some(11 + WINDOW as u64));
        assert_eq!(person.next(11), None);
    }

    #[test]
    fn what_was_not_sent_is_not_acknowledged_and_nothing_twice() {
        let now = Instant::now();
        let mut person = person(now);
        person.sent(now);
        assert_eq!(person.acknowledge(12), None);
        assert_eq!(person.acknowledge(10), None);
        assert_eq!(person.acknowledge(u64::MAX), None);
        assert_eq!(person.acknowledge(11), Some(11..=11));
        assert_eq!(person.acknowledge(11), None);
    }

    #[test]
    fn the_first_that_lacks_is_sent_again_and_then_the_next_at_once() {
        let now = Instant::now();
        let ms = |ms| now + Duration::from_millis(ms);
        let mut person = person(now);
        person.sent(now);
        person.sent(now);
        assert_eq!(person.again(ms(99)), None);
        assert_eq!(person.again(ms(100)), Some(11));
        assert_eq!(person.again(ms(299)), None);
        assert_eq!(person.again(ms(300)), Some(11));
        person.acknowledge(11);
        assert_eq!(person.again(ms(301)), Some(12));
        person.acknowledge(12);
        assert_eq!(person.again(ms(9999)), None);
    }

    #[test]
    fn who_answers_pings_but_takes_nothing_is_gone_too() {
        let now = Instant::now();
        let patience = Duration::from_secs(10);
        let mut person = person(now);
        person.sent(now);
        person.pulse.hear(now + patience / 2);
        assert!(!person.is_gone(now + patience / 2, patience));
        person.pulse.hear(now + patience);
        assert!(person.is_gone(now + patience, patience));
        person.acknowledge(11);
        assert!(!person.is_gone(now + patience, patience));
    }
}
