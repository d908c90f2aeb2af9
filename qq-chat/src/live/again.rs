//! When to send again, when to ping, and when somebody is gone.
//!
//! A wire that loses a fifth of what it carries loses a datagram or its answer in 36 of 100 cases. After three repetitions, as
//! one may count at first, 1 message of 60 would be lost (0.36⁴); so it is sent until the other side is declared gone. In
//! the 10 s after which that happens it is sent again 21 times, and 0.36²¹ is less than one in a thousand million. With a
//! patience of a second, the shortest, three repetitions are left.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use common::flags::Seconds;

/// How long somebody may be silent, on the command line: a second at least, so that there is time to ask again.
#[derive(Clone, Copy, Debug)]
pub struct Patience(Seconds);

impl Patience {
    /// The same as the standard library's type.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0.duration()
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self(Seconds::whole(10))
    }
}

impl fmt::Display for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Patience {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds = text.parse().map(Self).ok();
        seconds
            .filter(|patience| patience.duration() >= Duration::from_secs(1))
            .ok_or_else(|| "give seconds as a number, 1 or more, such as 10 or 2.5".to_owned())
    }
}

/// How long after the first time something is sent again.
pub const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The pause doubles with each time, up to this.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How long to wait for an answer after so many `repetitions`: 100, 200, 400, 500, 500 … ms.
#[must_use]
pub fn pause(repetitions: u32) -> Duration {
    (FIRST_PAUSE * (1 << repetitions.min(3))).min(LONGEST_PAUSE)
}

/// When the other side was heard, and when it was asked whether it is still there.
#[derive(Clone, Copy, Debug)]
pub struct Pulse {
    heard: Instant,
    pinged: Instant,
}

impl Pulse {
    /// It was heard just now.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            heard: now,
            pinged: now,
        }
    }

    /// It is heard.
    pub fn hear(&mut self, now: Instant) {
        self.heard = now;
    }

    /// Whether to ping: after a quarter of the `patience` without a word, and then each twentieth, which is 15 times. Then it
    /// is noted.
    pub fn is_ping_due(&mut self, now: Instant, patience: Duration) -> bool {
        let is_due = now.saturating_duration_since(self.heard) >= patience / 4
            && now.saturating_duration_since(self.pinged) >= patience / 20;
        if is_due {
            self.pinged = now;
        }
        is_due
    }

    /// Whether nothing was heard for all of the `patience`.
    #[must_use]
    pub fn has_stopped(&self, now: Instant, patience: Duration) -> bool {
        now.saturating_duration_since(self.heard) >= patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_double_up_to_half_a_second() {
        let pauses: Vec<_> = (0..6).map(|times| pause(times).as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 500, 500, 500]);
    }

    #[test]
    fn who_is_silent_is_pinged_fifteen_times_before_it_is_gone() {
        let patience = Duration::from_secs(10);
        let begun = Instant::now();
        let mut pulse = Pulse::new(begun);
        let mut pings = 0;
        let mut now = begun;
        while !pulse.has_stopped(now, patience) {
            pings += u32::from(pulse.is_ping_due(now, patience));
            now += Duration::from_millis(50);
        }
        assert_eq!((pings, now - begun), (15, patience));
        pulse.hear(now);
        assert!(!pulse.has_stopped(now, patience) && !pulse.is_ping_due(now, patience));
    }
}
