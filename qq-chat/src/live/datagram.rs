//! The datagrams: JSON objects, each with a version and a kind. The table in `qq-chat/README.md` has all of them.
//!
//! What is longer, has another version or kind, lacks a field, or has one of another type or size is no datagram of ours
//! and is `None` here. Fields that nobody knows are passed over, so that a later version may add some.

use std::net::SocketAddr;

use common::{console, json};
use serde_json::{Map, Value, json};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// The version of the datagrams.
pub const VERSION: u64 = 1;
/// The longest datagram, in bytes; longer ones are passed over. A text of control characters alone comes near it.
pub const MOST_BYTES: usize = 4096;
/// The longest text, in bytes of UTF-8. Written in JSON, a usual one fits into one packet of Ethernet.
pub const MOST_TEXT: usize = 500;
/// The longest name, in bytes of UTF-8.
pub const MOST_NAME: usize = 32;
/// How many names stand in one answer at most.
pub const NAMES_AT_ONCE: usize = 16;

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

/// The words for a refusal on the wire.
const REFUSALS: [(&str, Refusal); 5] = [
    ("version", Refusal::Version),
    ("name", Refusal::Name),
    ("taken", Refusal::Taken),
    ("full", Refusal::Full),
    ("unknown", Refusal::Unknown),
];

/// Bytes that nobody can guess; on the wire in hexadecimal, two digits a byte, lower case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret<const BYTES: usize>(pub [u8; BYTES]);

impl<const BYTES: usize> Secret<BYTES> {
    /// What stands where nothing is known yet.
    pub const UNKNOWN: Self = Self([0; BYTES]);

    /// Random bytes.
    ///
    /// # Errors
    ///
    /// When the system has none.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    fn hex(self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |number: u8| char::from(DIGITS[usize::from(number)]);
        let bytes = self.0.into_iter();
        bytes
            .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
            .collect()
    }

    fn of_hex(text: &str) -> Option<Self> {
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs
            .iter()
            .map(|&[high, low]| Some(value(high)? << 4 | value(low)?))
            .collect();
        let bytes = bytes.filter(|_| rest.is_empty())?;
        bytes.try_into().ok().map(Self)
    }
}

/// A secret is not for the screen.
impl<const BYTES: usize> std::fmt::Debug for Secret<BYTES> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
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

impl Question {
    /// The bytes.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        pack(&match self {
            Self::Join { name, cookie } => {
                json!({"v": VERSION, "kind": "join", "name": name, "cookie": cookie.hex()})
            }
            Self::Request { token, n, request } => {
                let token = token.hex();
                match request {
                    Request::Say(text) => {
                        json!({"v": VERSION, "kind": "say", "token": token, "n": n, "text": text})
                    }
                    Request::Who(after) => {
                        json!({"v": VERSION, "kind": "who", "token": token, "n": n, "after": after})
                    }
                    Request::Leave => {
                        json!({"v": VERSION, "kind": "leave", "token": token, "n": n})
                    }
                }
            }
            Self::Ack { token, upto } => {
                json!({"v": VERSION, "kind": "ack", "token": token.hex(), "upto": upto})
            }
            Self::Ping(token) => json!({"v": VERSION, "kind": "ping", "token": token.hex()}),
            Self::Pong(token) => json!({"v": VERSION, "kind": "pong", "token": token.hex()}),
        })
    }

    /// What is in the bytes. `Err` is what to answer to a version that is not ours.
    ///
    /// # Errors
    ///
    /// [`Refusal::Version`].
    pub fn unpack(datagram: &[u8]) -> Result<Option<Self>, Refusal> {
        let Some(fields) = Fields::of(datagram) else {
            return Ok(None);
        };
        if fields.number("v") != Some(VERSION) {
            // What has neither is nothing of ours.
            let is_ours = fields.number("v").is_some() && fields.text("kind").is_some();
            return if is_ours {
                Err(Refusal::Version)
            } else {
                Ok(None)
            };
        }
        Ok(fields.question())
    }
}

impl Answer {
    /// The bytes.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        pack(&match self {
            Self::Cookie(cookie) => {
                json!({"v": VERSION, "kind": "cookie", "cookie": cookie.hex()})
            }
            Self::Joined { token, upto } => {
                json!({"v": VERSION, "kind": "joined", "token": token.hex(), "upto": upto})
            }
            Self::Ack(n) => json!({"v": VERSION, "kind": "ack", "n": n}),
            Self::People { n, names, more } => {
                json!({"v": VERSION, "kind": "people", "n": n, "names": names, "more": more})
            }
            Self::Event { number, event } => match event {
                Event::Join(name) => {
                    json!({"v": VERSION, "kind": "join", "number": number, "name": name})
                }
                Event::Say { name, n, text } => {
                    json!({"v": VERSION, "kind": "say", "number": number, "name": name, "n": n, "text": text})
                }
                Event::Write { address, text } => {
                    json!({"v": VERSION, "kind": "write", "number": number, "address": address, "text": text})
                }
                Event::Leave(name) => {
                    json!({"v": VERSION, "kind": "leave", "number": number, "name": name})
                }
                Event::Vanish(name) => {
                    json!({"v": VERSION, "kind": "vanish", "number": number, "name": name})
                }
            },
            Self::Ping => json!({"v": VERSION, "kind": "ping"}),
            Self::Pong => json!({"v": VERSION, "kind": "pong"}),
            Self::Error(refusal) => {
                let word = REFUSALS.iter().find(|(_, other)| other == refusal);
                json!({"v": VERSION, "kind": "error", "error": word.map(|(word, _)| word)})
            }
        })
    }

    /// What is in the bytes.
    #[must_use]
    pub fn unpack(datagram: &[u8]) -> Option<Self> {
        let fields = Fields::of(datagram)?;
        if fields.number("v") != Some(VERSION) {
            return None;
        }
        let event = |event| {
            let number = fields.number("number").filter(|&number| number > 0)?;
            Some(Self::Event { number, event })
        };
        match fields.text("kind")? {
            "cookie" => Some(Self::Cookie(fields.secret("cookie")?)),
            "joined" => Some(Self::Joined {
                token: fields.secret("token")?,
                upto: fields.number("upto")?,
            }),
            "ack" => Some(Self::Ack(fields.number("n")?)),
            "people" => Some(Self::People {
                n: fields.number("n")?,
                names: fields.names()?,
                more: fields.0.get("more")?.as_bool()?,
            }),
            "join" => event(Event::Join(fields.name("name")?)),
            "say" => event(Event::Say {
                name: fields.name("name")?,
                n: fields.number("n")?,
                text: fields.said()?,
            }),
            "write" => event(Event::Write {
                address: fields
                    .text("address")?
                    .parse::<SocketAddr>()
                    .ok()?
                    .to_string(),
                text: fields.said()?,
            }),
            "leave" => event(Event::Leave(fields.name("name")?)),
            "vanish" => event(Event::Vanish(fields.name("name")?)),
            "ping" => Some(Self::Ping),
            "pong" => Some(Self::Pong),
            "error" => {
                let word = fields.text("error")?;
                let refusal = REFUSALS.iter().find(|(other, _)| *other == word)?;
                Some(Self::Error(refusal.1))
            }
            _ => None,
        }
    }
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

fn pack(fields: &Value) -> Vec<u8> {
    // An object whose keys are strings is always JSON.
    json::dumps(fields).unwrap_or_default().into_bytes()
}

/// The fields of an object.
struct Fields(Map<String, Value>);

impl Fields {
    fn of(datagram: &[u8]) -> Option<Self> {
        if datagram.len() > MOST_BYTES {
            return None;
        }
        match json::loads(datagram) {
            Ok(Value::Object(fields)) => Some(Self(fields)),
            _ => None,
        }
    }

    fn question(&self) -> Option<Question> {
        let token = || self.secret("token");
        let request = |request| {
            Some(Question::Request {
                token: self.secret("token")?,
                n: self.number("n").filter(|&n| n > 0)?,
                request,
            })
        };
        match self.text("kind")? {
            "join" => Some(Question::Join {
                name: self.text("name")?.to_owned(),
                cookie: self.secret("cookie")?,
            }),
            "say" => request(Request::Say(self.said()?)),
            "who" => {
                let after = self
                    .text("after")
                    .filter(|after| after.len() <= MOST_NAME)?;
                request(Request::Who(after.to_owned()))
            }
            "leave" => request(Request::Leave),
            "ack" => Some(Question::Ack {
                token: token()?,
                upto: self.number("upto")?,
            }),
            "ping" => Some(Question::Ping(token()?)),
            "pong" => Some(Question::Pong(token()?)),
            _ => None,
        }
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
    }

    /// A whole number from 0 to 2⁶³ − 1.
    fn number(&self, field: &str) -> Option<u64> {
        let number = self.0.get(field)?.as_u64()?;
        i64::try_from(number).is_ok().then_some(number)
    }

    fn secret<const BYTES: usize>(&self, field: &str) -> Option<Secret<BYTES>> {
        Secret::of_hex(self.text(field)?)
    }

    fn name(&self, field: &str) -> Option<String> {
        let name = self.text(field).filter(|name| is_name(name))?;
        Some(name.to_owned())
    }

    fn names(&self) -> Option<Vec<String>> {
        let names = self.0.get("names")?.as_array()?;
        let name = |name: &Value| Some(name.as_str().filter(|name| is_name(name))?.to_owned());
        names.iter().map(name).collect()
    }

    /// A text of 1 to [`MOST_TEXT`] bytes.
    fn said(&self) -> Option<String> {
        let text = self.text("text")?;
        (1..=MOST_TEXT)
            .contains(&text.len())
            .then(|| text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: Secret<16> = Secret([0xa5; 16]);

    fn questions() -> Vec<Question> {
        let request = |request| Question::Request {
            token: TOKEN,
            n: 7,
            request,
        };
        vec![
            Question::Join {
                name: "小明".to_owned(),
                cookie: Secret([1, 2, 3, 4, 5, 6, 7, 0xff]),
            },
            request(Request::Say("grüß \u{1b}[2J \"dich\"".to_owned())),
            request(Request::Who(String::new())),
            request(Request::Leave),
            Question::Ack {
                token: TOKEN,
                upto: 0,
            },
            Question::Ping(TOKEN),
            Question::Pong(TOKEN),
        ]
    }

    fn answers() -> Vec<Answer> {
        let event = |event| Answer::Event { number: 41, event };
        let mut answers = vec![
            Answer::Cookie(Secret([9; 8])),
            Answer::Joined {
                token: TOKEN,
                upto: 40,
            },
            Answer::Ack(7),
            Answer::People {
                n: 7,
                names: vec!["anna".to_owned(), "bob".to_owned()],
                more: true,
            },
            event(Event::Join("anna".to_owned())),
            event(Event::Say {
                name: "anna".to_owned(),
                n: 7,
                text: "hi".to_owned(),
            }),
            event(Event::Write {
                address: "[::1]:8080".to_owned(),
                text: "hi".to_owned(),
            }),
            event(Event::Leave("anna".to_owned())),
            event(Event::Vanish("anna".to_owned())),
            Answer::Ping,
            Answer::Pong,
        ];
        answers.extend(REFUSALS.map(|(_, refusal)| Answer::Error(refusal)));
        answers
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        for question in questions() {
            assert_eq!(Question::unpack(&question.pack()), Ok(Some(question)));
        }
        for answer in answers() {
            assert_eq!(Answer::unpack(&answer.pack()), Some(answer));
        }
    }

    #[test]
    fn the_bytes_are_those_of_pythons_json_dumps() {
        let said = &questions()[1].pack();
        assert_eq!(
            str::from_utf8(said).unwrap(),
            r#"{"v": 1, "kind": "say", "token": "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5", "n": 7, "text": "gr\u00fc\u00df \u001b[2J \"dich\""}"#
        );
    }

    #[test]
    fn the_longest_of_everything_is_within_the_longest_datagram() {
        let long = Answer::Event {
            number: i64::MAX as u64,
            event: Event::Say {
                name: "小".repeat(10),
                n: i64::MAX as u64,
                text: "\u{1b}".repeat(MOST_TEXT),
            },
        };
        assert!(long.pack().len() <= MOST_BYTES);
        assert_eq!(Answer::unpack(&long.pack()), Some(long));
        let people = Answer::People {
            n: 1,
            names: vec!["小".repeat(10); NAMES_AT_ONCE],
            more: true,
        };
        assert!(people.pack().len() <= MOST_BYTES);
    }

    #[test]
    fn what_is_not_as_the_table_says_is_nothing() {
        let token = "a5".repeat(16);
        for wrong in [
            String::new(),
            "hello".to_owned(),
            "[1]".to_owned(),
            r#"{"v": 1}"#.to_owned(),
            r#"{"kind": "ping"}"#.to_owned(),
            r#"{"v": 1, "kind": "shout"}"#.to_owned(),
            r#"{"v": 1, "kind": "join", "name": "anna"}"#.to_owned(),
            r#"{"v": 1, "kind": "join", "name": 3, "cookie": "0000000000000000"}"#.to_owned(),
            r#"{"v": 1, "kind": "leave", "token": "a5", "n": 1}"#.to_owned(),
            format!(
                r#"{{"v": 1, "kind": "leave", "token": "{}", "n": 1}}"#,
                token.to_uppercase()
            ),
            format!(r#"{{"v": 1, "kind": "leave", "token": "{token}", "n": 0}}"#),
            format!(r#"{{"v": 1, "kind": "leave", "token": "{token}", "n": -1}}"#),
            format!(r#"{{"v": 1, "kind": "leave", "token": "{token}", "n": 1.5}}"#),
            format!(r#"{{"v": 1, "kind": "leave", "token": "{token}", "n": 9223372036854775808}}"#),
            format!(r#"{{"v": 1, "kind": "say", "token": "{token}", "n": 1, "text": ""}}"#),
            format!(
                r#"{{"v": 1, "kind": "say", "token": "{token}", "n": 1, "text": "{}"}}"#,
                "x".repeat(MOST_TEXT + 1)
            ),
            format!(r#"{{"v": 1, "kind": {}1"#, "[".repeat(3000)),
            format!(
                r#"{{"v": 1, "kind": "ping", "token": "{token}", "x": "{}"}}"#,
                "x".repeat(MOST_BYTES)
            ),
        ] {
            assert_eq!(Question::unpack(wrong.as_bytes()), Ok(None), "{wrong:.80}");
            assert_eq!(Answer::unpack(wrong.as_bytes()), None, "{wrong:.80}");
        }
    }

    #[test]
    fn another_version_is_told_apart_from_nonsense() {
        let later = br#"{"v": 2, "kind": "join", "name": "anna"}"#;
        assert_eq!(Question::unpack(later), Err(Refusal::Version));
        assert_eq!(Question::unpack(br#"{"v": 2}"#), Ok(None));
    }

    #[test]
    fn a_name_looks_like_nothing_else() {
        for good in ["anna", "小明", "zoë", "a.b_c-1", &"x".repeat(32)] {
            assert!(is_name(good), "{good}");
        }
        for bad in [
            "",
            "anna b",
            "*",
            "[::1]:80",
            "a:b",
            "a\u{1b}",
            "a\u{200b}",
            "a\u{202e}b",
            &"x".repeat(33),
        ] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_line_shows_what_a_terminal_would_obey() {
        let event = Event::Say {
            name: "anna".to_owned(),
            n: 1,
            text: "a\u{1b}[2J\nb".to_owned(),
        };
        assert_eq!(event.line(), "anna: a\\x1b[2J\\nb");
    }
}
