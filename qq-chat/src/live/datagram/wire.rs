//! How a question and an answer are written, and read.

use common::json;
use serde_json::{Value, json};

use super::fields::Fields;
use super::{Answer, Event, MOST_NAME, Question, Refusal, Request, VERSION};

/// All there are.
pub(super) const REFUSALS: [Refusal; 5] = [
    Refusal::Version,
    Refusal::Name,
    Refusal::Taken,
    Refusal::Full,
    Refusal::Unknown,
];

impl Refusal {
    /// How it is called on the wire.
    fn word(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Name => "name",
            Self::Taken => "taken",
            Self::Full => "full",
            Self::Unknown => "unknown",
        }
    }
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
        Ok(question(&fields))
    }
}

/// What a person sends, if the fields are those of its kind.
fn question(fields: &Fields) -> Option<Question> {
    let token = || fields.secret("token");
    let request = |request| {
        Some(Question::Request {
            token: fields.secret("token")?,
            n: fields.number("n").filter(|&n| n > 0)?,
            request,
        })
    };
    match fields.text("kind")? {
        "join" => Some(Question::Join {
            name: fields.text("name")?.to_owned(),
            cookie: fields.secret("cookie")?,
        }),
        "say" => request(Request::Say(fields.said()?)),
        "who" => {
            let after = fields
                .text("after")
                .filter(|after| after.len() <= MOST_NAME)?;
            request(Request::Who(after.to_owned()))
        }
        "leave" => request(Request::Leave),
        "ack" => Some(Question::Ack {
            token: token()?,
            upto: fields.number("upto")?,
        }),
        "ping" => Some(Question::Ping(token()?)),
        "pong" => Some(Question::Pong(token()?)),
        _ => None,
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
                json!({"v": VERSION, "kind": "error", "error": refusal.word()})
            }
        })
    }

    /// What is in the bytes. An error counts in every version: it may say that the server's is another one than ours.
    #[must_use]
    pub fn unpack(datagram: &[u8]) -> Option<Self> {
        let fields = Fields::of(datagram)?;
        let (version, kind) = (fields.number("v")?, fields.text("kind")?);
        if version != VERSION && kind != "error" {
            return None;
        }
        let event = |event| {
            let number = fields.number("number").filter(|&number| number > 0)?;
            Some(Self::Event { number, event })
        };
        match kind {
            "cookie" => Some(Self::Cookie(fields.secret("cookie")?)),
            "joined" => Some(Self::Joined {
                token: fields.secret("token")?,
                upto: fields.number("upto")?,
            }),
            "ack" => Some(Self::Ack(fields.number("n")?)),
            "people" => Some(Self::People {
                n: fields.number("n")?,
                names: fields.names()?,
                more: fields.flag("more")?,
            }),
            "join" => event(Event::Join(fields.name("name")?)),
            "say" => event(Event::Say {
                name: fields.name("name")?,
                n: fields.number("n")?,
                text: fields.said()?,
            }),
            "write" => event(Event::Write {
                address: fields.address()?,
                text: fields.said()?,
            }),
            "leave" => event(Event::Leave(fields.name("name")?)),
            "vanish" => event(Event::Vanish(fields.name("name")?)),
            "ping" => Some(Self::Ping),
            "pong" => Some(Self::Pong),
            "error" => {
                let word = fields.text("error")?;
                let refusal = REFUSALS.iter().find(|refusal| refusal.word() == word)?;
                Some(Self::Error(*refusal))
            }
            _ => None,
        }
    }
}

fn pack(fields: &Value) -> Vec<u8> {
    // An object whose keys are strings is always JSON.
    json::dumps(fields).unwrap_or_default().into_bytes()
}
