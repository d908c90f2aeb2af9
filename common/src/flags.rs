//! The flags that the programs share. Each program lists the groups that it takes:
//!
//! ```
//! use clap::Parser;
//! use common::flags::{Repeat, UdpClient};
//!
//! /// Sends hello again and again.
//! #[derive(Parser)]
//! struct Args {
//!     #[command(flatten)]
//!     net: UdpClient<8888>,
//!     #[command(flatten)]
//!     repeat: Repeat,
//! }
//!
//! let args = Args::parse_from(["client", "--count", "3", "--timeout", "0.5"]);
//! assert_eq!(args.net.address.port, 8888);
//! assert_eq!(args.repeat.count, Some(3));
//! ```
//!
//! The default port is a parameter of the type, so that it stands in the program's source and
//! in its `--help`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;

/// The time limit of a client at whose other end a person types: 0 waits for ever.
pub const FOR_EVER: u64 = 0;

/// Where a server listens, or where a client finds it.
#[derive(Args, Clone, Debug)]
pub struct Address<const PORT: u16> {
    /// Address or name; IPv6 works too
    #[arg(long, default_value = "127.0.0.1")]
    pub host: String,
    /// Port; 0 lets the system choose a free one (servers)
    #[arg(long, default_value_t = PORT, allow_negative_numbers = true)]
    pub port: u16,
}

/// The flags of a TCP server.
#[derive(Args, Clone, Debug)]
pub struct TcpServer<const PORT: u16, const BACKLOG: i32 = 5> {
    /// Where to listen.
    #[command(flatten)]
    pub address: Address<PORT>,
    /// How many connections may wait to be accepted
    #[arg(long, value_name = "N", default_value_t = BACKLOG, value_parser = clap::value_parser!(i32).range(0..), allow_negative_numbers = true)]
    pub backlog: i32,
    /// Leave SO_REUSEADDR unset, to see a restart fail while old connections are in TIME_WAIT
    #[arg(long)]
    pub no_reuseaddr: bool,
}

impl<const PORT: u16, const BACKLOG: i32> TcpServer<PORT, BACKLOG> {
    /// Whether to set SO_REUSEADDR: not with `--no-reuseaddr`, and not on Windows, where it means
    /// something else (two programs may take one port) and a restart works without it.
    #[must_use]
    pub fn reuse_address(&self) -> bool {
        cfg!(unix) && !self.no_reuseaddr
    }
}

/// The flags of a TCP client.
#[derive(Args, Clone, Debug)]
pub struct TcpClient<const PORT: u16> {
    /// Where the server listens.
    #[command(flatten)]
    pub address: Address<PORT>,
}

/// The flags of a UDP server.
#[derive(Args, Clone, Debug)]
pub struct UdpServer<const PORT: u16> {
    /// Where to listen.
    #[command(flatten)]
    pub address: Address<PORT>,
}

/// The flags of a UDP client. `SECONDS` is the default time limit.
#[derive(Args, Clone, Debug)]
pub struct UdpClient<const PORT: u16, const SECONDS: u64 = 5> {
    /// Where the server listens.
    #[command(flatten)]
    pub address: Address<PORT>,
    /// How long to wait for an answer.
    #[command(flatten)]
    pub timeout: Timeout<SECONDS>,
}

/// How long to wait for a peer. `SECONDS` is the default; 0 waits for ever.
#[derive(Args, Clone, Debug)]
pub struct Timeout<const SECONDS: u64> {
    /// How long to wait for the other side; 0 waits for ever
    #[arg(long = "timeout", value_name = "SECONDS", default_value_t = Seconds::whole(SECONDS), allow_negative_numbers = true)]
    pub seconds: Seconds,
}

impl<const SECONDS: u64> Timeout<SECONDS> {
    /// The limit as the standard library's sockets take it: `None` waits for ever.
    #[must_use]
    pub fn limit(&self) -> Option<Duration> {
        let limit = self.seconds.duration();
        (!limit.is_zero()).then_some(limit)
    }
}

/// The flags of a client that sends again and again without reading input.
#[derive(Args, Clone, Debug)]
pub struct Repeat {
    /// How many messages to send [default: for ever]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub count: Option<u64>,
    /// How long to wait between two messages
    #[arg(long, value_name = "SECONDS", default_value_t = Seconds::whole(1), allow_negative_numbers = true)]
    pub interval: Seconds,
    /// What to send
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "hello",
        allow_hyphen_values = true
    )]
    pub message: String,
}

impl Repeat {
    /// Runs over the messages to send, and waits between two of them.
    ///
    /// ```
    /// # use common::flags::{Repeat, Seconds};
    /// let repeat = Repeat { count: Some(2), interval: Seconds::whole(0), message: "hello".into() };
    /// assert_eq!(repeat.messages().count(), 2);
    /// ```
    pub fn messages(&self) -> impl Iterator<Item = &str> {
        let total = self.count.unwrap_or(u64::MAX);
        (0..total).map(move |sent| {
            if sent > 0 {
                std::thread::sleep(self.interval.duration());
            }
            self.message.as_str()
        })
    }
}

/// The longest time that a flag takes, 292 years in seconds: Python counts nanoseconds in 63 bits.
const LONGEST_TIME: f64 = 9_223_372_036.0;

/// A length of time on the command line: seconds, fractions allowed, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(Duration);

impl Seconds {
    /// So many whole seconds.
    #[must_use]
    pub const fn whole(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// The same as the standard library's type.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_secs_f64())
    }
}

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Half a nanosecond is a time, and must not become the 0 that waits for ever.
        let exact = |seconds: f64| {
            let least = Duration::from_nanos(u64::from(seconds > 0.0));
            Some(Duration::try_from_secs_f64(seconds).ok()?.max(least))
        };
        text.parse()
            .ok()
            .filter(|seconds| (0.0..=LONGEST_TIME).contains(seconds))
            .and_then(exact)
            .map(Self)
            .ok_or_else(|| "give seconds as a number, 0 or more, such as 2 or 0.5".to_owned())
    }
}

/// How far a clock may be set forth or back on the command line, in seconds: 68 years, as NTP counts.
pub const FARTHEST_SHIFT: f64 = 2_147_483_647.0;

/// A difference of clocks on the command line: seconds, fractions allowed, negative too.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shift(f64);

impl Shift {
    /// In seconds.
    #[must_use]
    pub const fn seconds(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Shift {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse()
            .ok()
            .filter(|seconds: &f64| seconds.abs() <= FARTHEST_SHIFT)
            .map(Self)
            .ok_or_else(|| "give seconds as a number, such as 2 or -0.5".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Client {
        #[command(flatten)]
        net: UdpClient<8081, FOR_EVER>,
    }

    #[test]
    fn a_timeout_of_zero_waits_for_ever() {
        let limit = |args: &[&str]| Client::parse_from(args).net.timeout.limit();
        assert_eq!(limit(&["client"]), None);
        assert_eq!(
            limit(&["client", "--timeout", "0.25"]),
            Some(Duration::from_millis(250))
        );
        assert!(limit(&["client", "--timeout", "1e-12"]).is_some());
    }

    #[test]
    fn seconds_that_are_no_length_of_time_are_refused() {
        for text in ["-1", "nan", "inf", "1e300", "9223372036.5", "", "soon"] {
            assert!(text.parse::<Seconds>().is_err(), "{text}");
        }
        assert!("9223372036".parse::<Seconds>().is_ok());
    }

    #[test]
    fn a_clock_is_shifted_both_ways_but_not_for_ever() {
        assert_eq!("-0.5".parse(), Ok(Shift(-0.5)));
        for text in ["nan", "inf", "-2147483648", "", "soon"] {
            assert!(text.parse::<Shift>().is_err(), "{text}");
        }
    }
}
