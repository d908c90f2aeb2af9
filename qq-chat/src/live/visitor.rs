//! Who writes plain text, as the lesson's client does: it is passed on, and answered.
//!
//! Anybody can write a false sender into a datagram, so the answer is shorter than what was written, and an empty datagram has
//! none: nobody can have the server flood others, and two servers who answer each other soon have nothing to say. All visitors
//! together may write 10 times at once and 5 times a second, so that they do not talk the people down.

use std::time::{Duration, Instant};

/// How many texts of visitors may come at once.
const BURST: u32 = 10;
/// How many of them may come in a second.
const PER_SECOND: u32 = 5;

/// How much visitors have written of late.
#[derive(Debug)]
pub struct Visitors {
    /// Until when what they have written would last if it came as slowly as it should.
    busy: Instant,
}

impl Visitors {
    /// Nobody has written yet.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self { busy: now }
    }

    /// Whether one may write now; then it is counted.
    pub fn may_write(&mut self, now: Instant) -> bool {
        let spacing = Duration::from_secs(1) / PER_SECOND;
        self.busy = self.busy.max(now);
        let may = self.busy - now <= spacing * (BURST - 1);
        if may {
            self.busy += spacing;
        }
        may
    }
}

/// The first of `answers` that is shorter than a text of `size` bytes, and an empty one if all are too long.
#[must_use]
pub fn shorter<'a>(size: usize, answers: &[&'a str]) -> &'a str {
    let fits = answers.iter().find(|answer| answer.len() < size);
    fits.copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_may_write_a_little_and_then_five_times_a_second() {
        let now = Instant::now();
        let mut visitors = Visitors::new(now);
        let written = (0..100).filter(|_| visitors.may_write(now)).count();
        assert_eq!(written, BURST as usize);
        let later = now + Duration::from_secs(1);
        let written = (0..100).filter(|_| visitors.may_write(later)).count();
        assert_eq!(written, PER_SECOND as usize);
    }

    #[test]
    fn an_answer_is_shorter_than_its_question() {
        let answers = ["passed on to 3 people", "passed on", "ok"];
        assert_eq!(shorter(1, &answers), "");
        assert_eq!(shorter(3, &answers), "ok");
        assert_eq!(shorter(21, &answers), "passed on");
        assert_eq!(shorter(22, &answers), answers[0]);
    }
}
