//! The datagrams: JSON objects, each with a version and a kind. The table in `qq-chat/README.md` has all of them.
//!
//! What is longer, has another version (but for an error) or kind, lacks a field, or has one of another type or size is no
//! datagram of ours and is `None` here. Fields that nobody knows are passed over, so that a later version may add some.

use common::console;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

mod fields;
mod secret;
mod wire;

pub use secret::Secret;

/// The version of the datagrams.
pub const VERSION: u64 = 1;
/// The longest datagram, in bytes; longer ones are passed over. A text of control characters alone comes near it.
pub const MOST_BYTES: usize = 4096;
/// The longest text, in bytes of UTF-8. Written in JSON, a usual one fits into one packet of Ethernet.
pub const MOST_TEXT: usize = 500;
/// The longest name, in bytes of UTF-8.
pub const MOST_NAME: usize = 32;
/// The longest address, in bytes: IPv6 with the name of an interface.
pub const MOST_ADDRESS: usize = 64;
/// How many names stand in one answer at most.
pub const NAMES_AT_ONCE: usize = 16;
/// How many people may be in a room at a time.
pub const MOST_PEOPLE: usize = 5000;

/// What a person sends to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Wants to be called so. The cookie shows that answers arrive there; at first it is all zeros.
    Join {
        /// The name.
        name: String,
        /// The cookie.
        cookie: Secret<8>,
    },
    /// Asks for something.
    Request {
        /// From `joined`.
        token: Secret<16>,
        /// 1 for the first, 2 for the second …
        n: u64,
        /// What it is.
        request: Request,
    },
    /// Has got all events up to this number.
    Ack {
        /// From `joined`.
        token: Secret<16>,
        /// The number.
        upto: u64,
    },
    /// Asks whether the server is there.
    Ping(Secret<16>),
    /// Is there.
    Pong(Secret<16>),
}

impl Question {
    /// What shows who asks; a `join` has none yet.
    #[must_use]
    pub fn token(&self) -> Option<Secret<16>> {
        match self {
            Self::Join { .. } => None,
            Self::Request { token, .. }
            | Self::Ack { token, .. }
            | Self::Ping(token)
            | Self::Pong(token) => Some(*token),
        }
    }
}

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// To say this to everybody.
    Say(String),
    /// The names that come after this one.
    Who(String),
    /// To leave.
    Leave,
}

/// What the server sends to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Join again, with this.
    Cookie(Secret<8>),
    /// You are in.
    Joined {
        /// To be sent with everything from now on.
        token: Secret<16>,
        /// The first event will have the number behind this.
        upto: u64,
    },
    /// The request with this number is done.
    Ack(u64),
    /// The names that were asked for.
    People {
        /// The number of the request.
        n: u64,
        /// The names, in their order.
        names: Vec<String>,
        /// Whether there are more behind them.
        more: bool,
    },
    /// Something happened.
    Event {
        /// Its number.
        number: u64,
        /// What it is.
        event: Event,
    },
    /// Are you there?
    Ping,
    /// The server is there.
    Pong,
    /// It cannot be.
    Error(Refusal),
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody has joined.
    Join(String),
    /// Somebody has said something, for the nth time that they asked for something.
    Say {
        /// Who.
        name: String,
        /// Their own number of it.
        n: u64,
        /// What.
        text: String,
    },
    /// Somebody has written who did not join: the lesson's client.
    Write {
        /// Who: an address and a port.
        address: String,
        /// What.
        text: String,
    },
    /// Somebody has left.
    Leave(String),
    /// Somebody does not answer any more.
    Vanish(String),
}

/// Why something cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `version`
    #[error("it speaks another version of the chat than {VERSION}")]
    Version,
    /// `name`
    #[error(
        "it does not take this name: letters, digits and . _ - are good, {MOST_NAME} bytes at most"
    )]
    Name,
    /// `taken`
    #[error("somebody has this name already: choose another with --name")]
    Taken,
    /// `full`
    #[error("it is full: try again later")]
    Full,
    /// `unknown`
    #[error("it does not know us any more: it was started anew, or took us for vanished")]
    Unknown,
}

/// Whether somebody may be called so: letters and digits of any script, `.`, `_` and `-`; 1 to 32 bytes.
///
/// So no name looks like what the programs say themselves (`* anna has left`), nor like an address.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let is_good = |c: char| {
        let group = c.general_category_group();
        matches!(
            group,
            GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number
        ) || matches!(c, '.' | '_' | '-')
    };
    (1..=MOST_NAME).contains(&name.len()) && name.chars().all(is_good)
}

impl Event {
    /// The line that screens show of it. What a terminal would obey is escaped.
    #[must_use]
    pub fn line(&self) -> String {
        let one = console::escape_to_one_line;
        match self {
            Self::Join(name) => format!("* {} has come", one(name)),
            Self::Say { name, text, .. } => format!("{}: {}", one(name), one(text)),
            Self::Write { address, text } => format!("[{}]: {}", one(address), one(text)),
            Self::Leave(name) => format!("* {} has left", one(name)),
            Self::Vanish(name) => format!("* {} has vanished", one(name)),
        }
    }
}

#[cfg(test)]
mod tests;
