//! What a client makes of an answer.
//!
//! Two checks are the client's own, before these: an answer comes from the address and port that were asked, and
//! its origin is the question's nonce, bit for bit. What fails there is somebody else's, or late, and the client goes on
//! waiting. What fails here is the server's own word, in this order (RFC 4330, 5 and 8; RFC 5905, A.5.1.1):
//!
//! | | what | otherwise |
//! |---|---|---|
//! | 1 | mode 4, an answer | |
//! | 2 | stratum not 0 | kiss-o'-death: RATE asks for longer pauses; DENY, RSTR and all others (INIT) have no time for us |
//! | 3 | leap indicator not 3 | the server's clock is not set |
//! | 4 | the version that was asked in | |
//! | 5 | stratum 15 at most | 16 means unsynchronised, what is above is reserved |
//! | 6 | a transmit timestamp that is not zero | |
//! | 7 | a root distance below 1 s | the server's time may be wrong by more than that |

use std::fmt;

use common::json;
use thiserror::Error;

use super::packet::{Packet, RATE, SERVER, UNSYNCHRONISED, VERSION};
use super::timestamp::{Span, Times, Timestamp};

/// How wrong a server's time may be, in seconds: MAXDIST of RFC 5905, 11.1; RFC 4330, 5, has "one second", too.
pub const MOST_DISTANCE: f64 = 1.0;

/// Why an answer has no time.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Refusal {
    /// Check 1.
    #[error("the answer has mode {0}, not 4 (server)")]
    Mode(u8),
    /// Check 2: the code of the kiss.
    #[error("kiss-o'-death {code}: {}", .code.meaning())]
    Kiss {
        /// Four letters, or what came in their place.
        code: Code,
    },
    /// Check 3.
    #[error("the server's clock is not set (leap indicator 3)")]
    Unsynchronised,
    /// Check 4.
    #[error("the answer has version {0}, the question had {VERSION}")]
    Version(u8),
    /// Check 5.
    #[error("the server has stratum {0}, and 15 is the highest that has the time")]
    Stratum(u8),
    /// Check 6.
    #[error("the answer has no transmit timestamp")]
    NoTime,
    /// Check 7.
    #[error("the server's time may be wrong by {0:.3} s (its root distance), and 1 s is the most")]
    Distance(f64),
}

impl Refusal {
    /// Whether the server asks for patience: the next question must wait longer.
    #[must_use]
    pub fn asks_for_patience(&self) -> bool {
        matches!(self, Self::Kiss { code } if code.bytes == RATE)
    }
}

/// The code of a kiss-o'-death.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    bytes: [u8; 4],
    name: String,
}

impl Code {
    fn meaning(&self) -> &'static str {
        match &self.bytes {
            b"DENY" | b"RSTR" => "the server refuses us, do not ask it again",
            b"RATE" => "we ask too fast",
            b"INIT" => "the server's clock is not set yet",
            _ => "the server has no time for us",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What an answer tells: one measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// How far the server's clock is ahead of ours.
    pub offset: Span,
    /// How long question and answer were on the way.
    pub delay: Span,
    /// How wrong `offset` may be, in seconds: half of the delay, and the server's root distance (RFC 5905, 11.2).
    pub error: f64,
    /// The server's.
    pub stratum: u8,
    /// The server's: 1 and 2 announce a leap second.
    pub leap: u8,
    /// What sets the server's clock.
    pub reference: String,
}

impl Sample {
    /// The checks 1 to 7, and what the four timestamps tell: T1 `asked`, T4 `answered`; the others are in the answer.
    ///
    /// # Errors
    ///
    /// The first check that fails.
    pub fn from(answer: &Packet, asked: Timestamp, answered: Timestamp) -> Result<Self, Refusal> {
        let distance = answer.root_distance();
        let name = answer.reference_name();
        if answer.mode != SERVER {
            return Err(Refusal::Mode(answer.mode));
        }
        if answer.stratum == 0 {
            let code = Code {
                bytes: answer.reference_id,
                name,
            };
            return Err(Refusal::Kiss { code });
        }
        if answer.leap == UNSYNCHRONISED {
            return Err(Refusal::Unsynchronised);
        }
        if answer.version != VERSION {
            return Err(Refusal::Version(answer.version));
        }
        if answer.stratum > 15 {
            return Err(Refusal::Stratum(answer.stratum));
        }
        if answer.transmit == Timestamp(0) {
            return Err(Refusal::NoTime);
        }
        if distance >= MOST_DISTANCE {
            return Err(Refusal::Distance(distance));
        }
        let times = Times {
            asked,
            received: answer.receive,
            transmitted: answer.transmit,
            answered,
        };
        Ok(Self {
            offset: times.offset(),
            delay: times.delay(),
            error: times.delay().seconds() / 2.0 + distance,
            stratum: answer.stratum,
            leap: answer.leap,
            reference: name,
        })
    }

    /// For a program to read: a JSON object in a line.
    #[must_use]
    pub fn json(&self, server: &str) -> String {
        let text = |text: &str| json::dumps(&text).unwrap_or_default(); // a text can be written
        format!(
            "{{\"server\": {}, \"offset\": {:.9}, \"delay\": {:.9}, \"error\": {:.9}, \"stratum\": {}, \"leap\": {}, \"reference\": {}}}",
            text(server),
            self.offset.seconds(),
            self.delay.seconds(),
            self.error,
            self.stratum,
            self.leap,
            text(&self.reference),
        )
    }
}

/// For a person to read.
impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "offset {:+.6} s, delay {:.6} s, error {:.6} s, stratum {} ({})",
            self.offset.seconds(),
            self.delay.seconds(),
            self.error,
            self.stratum,
            self.reference,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1 << 32;

    const GOOD: Packet = Packet {
        leap: 0,
        version: 4,
        mode: 4,
        stratum: 1,
        poll: 0,
        precision: -20,
        root_delay: 65536 / 8,
        root_dispersion: 65536 / 16,
        reference_id: *b"LOCL",
        reference: Timestamp(1),
        origin: Timestamp(7),
        receive: Timestamp(110 * SECOND),
        transmit: Timestamp(110 * SECOND + SECOND / 2),
    };

    fn sample(answer: &Packet) -> Result<Sample, Refusal> {
        Sample::from(answer, Timestamp(9 * SECOND), Timestamp(10 * SECOND))
    }

    #[test]
    fn a_good_answer_is_a_sample() {
        let sample = sample(&GOOD).unwrap();
        let told = "offset +100.750000 s, delay 0.500000 s, error 0.375000 s, stratum 1 (LOCL)";
        assert_eq!(sample.to_string(), told);
        assert_eq!(
            sample.json("127.0.0.1:1123"),
            r#"{"server": "127.0.0.1:1123", "offset": 100.750000000, "delay": 0.500000000, "error": 0.375000000, "stratum": 1, "leap": 0, "reference": "LOCL"}"#
        );
    }

    /// Each answer fails the check that is named, and all after it: the first is told.
    #[test]
    fn the_first_check_that_fails_is_told() {
        let distant = Packet {
            root_dispersion: 65536,
            ..GOOD
        };
        let timeless = Packet {
            transmit: Timestamp(0),
            ..distant
        };
        let high = Packet {
            stratum: 16,
            ..timeless
        };
        let old = Packet { version: 3, ..high };
        let unset = Packet { leap: 3, ..old };
        let kiss = Packet {
            stratum: 0,
            reference_id: *b"DENY",
            ..unset
        };
        let broadcast = Packet { mode: 5, ..kiss };
        for (answer, refusal) in [
            (distant, "wrong by 1.062 s"),
            (timeless, "no transmit timestamp"),
            (high, "stratum 16"),
            (old, "version 3"),
            (unset, "leap indicator 3"),
            (kiss, "kiss-o'-death DENY: the server refuses us"),
            (broadcast, "mode 5"),
        ] {
            let told = sample(&answer).unwrap_err().to_string();
            assert!(told.contains(refusal), "{told}");
        }
    }

    #[test]
    fn only_a_kiss_of_rate_asks_for_patience() {
        let kiss = |code| {
            let answer = Packet {
                stratum: 0,
                reference_id: code,
                ..GOOD
            };
            sample(&answer).unwrap_err()
        };
        assert!(kiss(*b"RATE").asks_for_patience());
        assert!(!kiss(*b"RSTR").asks_for_patience());
        assert_eq!(
            kiss(*b"X\x1b[\0").to_string(),
            "kiss-o'-death X\\x1b[: the server has no time for us"
        );
    }
}
