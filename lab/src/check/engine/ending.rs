//! How a conversation over TCP ended: what a receive or a send that did not get on came to.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::check::engine::trial::Manner;

/// How receiving ended.
pub(super) enum End {
    Enough,
    Closed,
    Reset,
    Silence(Duration),
}

impl End {
    pub(super) fn manner(&self) -> Manner {
        match self {
            Self::Enough => Manner::TooMuch,
            Self::Closed => Manner::Closed,
            Self::Reset => Manner::Reset,
            Self::Silence(_) => Manner::Silence,
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enough => f.write_str("more than was asked for"),
            Self::Closed => f.write_str("the program closed the connection"),
            Self::Reset => f.write_str("the connection was reset"),
            Self::Silence(span) => write!(f, "silence for {:.1} s", span.as_secs_f64()),
        }
    }
}

pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

pub(super) fn is_reset(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
    )
}

/// Why sending ended, for people.
pub(super) fn describe(error: &io::Error) -> String {
    if is_timeout(error) {
        "it does not read any more".to_owned()
    } else if is_reset(error) {
        "it has closed the connection".to_owned()
    } else {
        error.to_string()
    }
}
