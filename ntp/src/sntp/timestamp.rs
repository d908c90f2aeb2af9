//! Times as NTP counts them: seconds since 1900 in 64-bit fixed point, 32 bits before the point and 32 behind it.
//!
//! 32 bits of seconds last for 136 years: on 2036-02-07 at 06:28:16 UTC they begin again at 0, and era 1 begins
//! (RFC 5905, 6). Which era a timestamp is of is written nowhere. It need not be: the difference of two timestamps, taken modulo
//! 2^64 and read as a signed number, is right across the end of an era, as long as the times are less than 68 years apart.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::flags::FARTHEST_SHIFT;

/// From 1900, when NTP's count begins, to 1970, when Unix's does, in seconds.
const UNIX: u64 = 2_208_988_800;

/// How many units a second has.
const UNITS: f64 = 4_294_967_296.0;

const NANOSECONDS: u64 = 1_000_000_000;

/// A moment, in 2^-32 s since the era began.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Timestamp(pub u64);

/// Its eight bytes, as a dump of a packet has them.
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = self.0.to_be_bytes();
        write!(f, "{first:02x}")?;
        rest.iter().try_for_each(|byte| write!(f, " {byte:02x}"))
    }
}

impl Timestamp {
    /// What this machine's clock shows.
    #[must_use]
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// How long after `other` this is; before it when negative.
    #[must_use]
    pub fn since(self, other: Self) -> Span {
        Span(self.0.wrapping_sub(other.0).cast_signed())
    }

    /// The moment so much later.
    #[must_use]
    pub fn plus(self, span: Span) -> Self {
        Self(self.0.wrapping_add(span.0.cast_unsigned()))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let unix = Self(UNIX << 32);
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => unix.plus(Span::from(after)),
            Err(before) => unix.plus(Span(Span::from(before.duration()).0.wrapping_neg())),
        }
    }
}

/// A length of time, in 2^-32 s; it may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub i64);

impl Span {
    /// So many seconds, [`FARTHEST_SHIFT`] at most: they fit.
    #[must_use]
    pub fn of_seconds(seconds: f64) -> Self {
        let seconds = seconds.clamp(-FARTHEST_SHIFT, FARTHEST_SHIFT);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it is clamped to what fits"
        )]
        Self((seconds * UNITS).floor() as i64)
    }

    /// In seconds.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "53 bits are enough to be shown")]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / UNITS
    }
}

/// Modulo 2^32 s, as the count of an era goes.
impl From<Duration> for Span {
    fn from(duration: Duration) -> Self {
        let fraction = (u64::from(duration.subsec_nanos()) << 32) / NANOSECONDS;
        Self(
            (duration.as_secs() << 32)
                .wrapping_add(fraction)
                .cast_signed(),
        )
    }
}

/// What the four timestamps of an exchange tell: T1 and T4 by the client's clock, T2 and T3 by the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// T1: the question left.
    pub asked: Timestamp,
    /// T2: the question came to the server.
    pub received: Timestamp,
    /// T3: the answer left the server.
    pub transmitted: Timestamp,
    /// T4: the answer came.
    pub answered: Timestamp,
}

impl Times {
    /// How far the server's clock is before the client's: ((T2 − T1) + (T3 − T4)) / 2 (RFC 4330, 5).
    ///
    /// Right if both ways took the same time; otherwise wrong by half of the difference, which is half of the
    /// [`delay`](Self::delay) at most.
    #[must_use]
    pub fn offset(&self) -> Span {
        let there = self.received.since(self.asked);
        let back = self.transmitted.since(self.answered);
        // Their sum may need 65 bits.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the middle of two numbers of 64 bits has 64 bits"
        )]
        Span(((i128::from(there.0) + i128::from(back.0)) >> 1) as i64)
    }

    /// How long the two were on the way: (T4 − T1) − (T3 − T2) (RFC 4330, 5). Never negative: of two clocks that
    /// run differently one may count less than the other (RFC 5905, 8).
    #[must_use]
    pub fn delay(&self) -> Span {
        let whole = self.answered.since(self.asked);
        let served = self.transmitted.since(self.received);
        Span(whole.0.wrapping_sub(served.0).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: i64 = 1 << 32;
    /// 2036-02-07 06:28:16 UTC, in seconds of Unix.
    const ERA_1: u64 = (1 << 32) - UNIX;

    fn unix(seconds: u64) -> Timestamp {
        (UNIX_EPOCH + Duration::from_secs(seconds)).into()
    }

    #[test]
    fn the_count_begins_in_1900_and_again_in_2036() {
        assert_eq!(unix(0), Timestamp(2_208_988_800 << 32));
        assert_eq!(ERA_1, 2_085_978_496);
        assert_eq!(unix(ERA_1), Timestamp(0));
        assert_eq!(unix(ERA_1 - 1), Timestamp(0xffff_ffff << 32));
        let half_before = UNIX_EPOCH - Duration::from_millis(500);
        assert_eq!(unix(0).since(half_before.into()), Span(SECOND / 2));
    }

    #[test]
    fn a_fraction_is_binary() {
        let time = UNIX_EPOCH + Duration::from_millis(750);
        assert_eq!(Timestamp::from(time).0 & 0xffff_ffff, 0xc000_0000);
        let last = UNIX_EPOCH + Duration::from_nanos(999_999_999);
        assert_eq!(Timestamp::from(last).0 & 0xffff_ffff, 0xffff_fffb);
    }

    #[test]
    fn offset_and_delay_are_those_of_a_known_exchange() {
        // 10 s there, 2 s at the server, 10 s back; the server is 100 s before.
        let times = |start: u64| Times {
            asked: unix(start),
            received: unix(start + 110),
            transmitted: unix(start + 112),
            answered: unix(start + 22),
        };
        // Today, across the end of the era at each of the steps, and after it.
        for start in [
            1_790_000_000,
            ERA_1 - 111,
            ERA_1 - 100,
            ERA_1 - 11,
            ERA_1,
            ERA_1 + 5,
        ] {
            let times = times(start);
            assert_eq!(times.offset(), Span(100 * SECOND), "{start}");
            assert_eq!(times.delay(), Span(20 * SECOND), "{start}");
        }
    }

    #[test]
    fn a_delay_is_not_negative() {
        let times = Times {
            asked: unix(0),
            received: unix(0),
            transmitted: unix(2),
            answered: unix(1),
        };
        assert_eq!(times.delay(), Span(0));
    }

    #[test]
    fn seconds_are_a_number_with_a_point() {
        assert_eq!(Span::of_seconds(-1.5), Span(-3 * SECOND / 2));
        assert_eq!(Span(-3 * SECOND / 2).seconds().to_string(), "-1.5");
        assert_eq!(Span::of_seconds(1e300), Span(i64::from(i32::MAX) << 32));
    }

    proptest! {
        /// Wherever the client's clock is, in whatever era, and however far the server's is from it.
        #[test]
        fn offset_and_delay_do_not_ask_for_the_era(
            start: u64,
            offset in -(1_i64 << 62)..1 << 62,
            way in 0..1_i64 << 50,
            served in 0..1_i64 << 50,
        ) {
            let asked = Timestamp(start);
            let received = asked.plus(Span(offset + way));
            let transmitted = received.plus(Span(served));
            let answered = asked.plus(Span(2 * way + served));
            let times = Times { asked, received, transmitted, answered };
            prop_assert_eq!(times.offset(), Span(offset));
            prop_assert_eq!(times.delay(), Span(2 * way));
        }

        #[test]
        fn the_truth_is_within_half_of_the_delay(
            start: u64,
            offset in -(1_i64 << 62)..1 << 62,
            there in 0..1_i64 << 50,
            back in 0..1_i64 << 50,
        ) {
            let asked = Timestamp(start);
            let received = asked.plus(Span(offset + there));
            let answered = asked.plus(Span(there + back));
            let times = Times { asked, received, transmitted: received, answered };
            prop_assert!((times.offset().0 - offset).abs() <= times.delay().0 / 2 + 1);
        }

        #[test]
        fn no_timestamps_overflow(asked: u64, received: u64, transmitted: u64, answered: u64) {
            let [asked, received, transmitted, answered] = [asked, received, transmitted, answered].map(Timestamp);
            let times = Times { asked, received, transmitted, answered };
            let _ = times.offset();
            prop_assert!(times.delay() >= Span(0));
        }
    }
}
