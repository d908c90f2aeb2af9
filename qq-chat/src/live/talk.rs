//! The client: what a person asks for, one thing after another, and what the server tells.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::time::{Duration, Instant};

use common::console;

use super::again::{self, Pulse};
use super::datagram::{
    Answer, Event, MOST_NAME, MOST_PEOPLE, MOST_TEXT, Question, Refusal, Request, Secret, is_name,
};

/// So many lines may wait to be sent; then the keyboard waits too.
const MOST_LINES: usize = 1000;

/// Events that came before one that is missing are kept up to this distance: the server sends no more at once.
const FARTHEST: u64 = 64;

/// Why the talk is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The person has left.
    Left,
    /// Nothing came from the server for too long.
    NoAnswer,
    /// The server says no.
    Refused(Refusal),
}

/// A person's talk with the server.
#[derive(Debug)]
pub struct Talk {
    name: String,
    patience: Duration,
    /// From the server, for the next `join`.
    cookie: Secret<8>,
    /// From the server, once it has let us in.
    token: Option<Secret<16>>,
    pulse: Pulse,
    /// What the person has asked for. The first is on its way, if we are in.
    requests: VecDeque<Request>,
    /// The number of the first.
    n: u64,
    /// When the first of them, or the `join`, is sent next, and how often it was already.
    again_at: Instant,
    times: u32,
    /// Names that have come for `/who`.
    names: Vec<String>,
    /// All events up to this number were shown.
    seen: u64,
    /// Those that came too early.
    early: BTreeMap<u64, Event>,
    /// Whether an `ack` is due, or an answer to a ping.
    owes_ack: bool,
    owes_pong: bool,
    lines: Vec<String>,
    over: Option<Over>,
}

impl Talk {
    /// Begins, with a `join`. `name` is one that [`is_name`] takes.
    #[must_use]
    pub fn new(name: String, patience: Duration, now: Instant) -> Self {
        Self {
            name,
            patience,
            cookie: Secret::UNKNOWN,
            token: None,
            pulse: Pulse::new(now),
            requests: VecDeque::new(),
            n: 1,
            again_at: now,
            times: 0,
            names: Vec::new(),
            seen: 0,
            early: BTreeMap::new(),
            owes_ack: false,
            owes_pong: false,
            lines: Vec::new(),
            over: None,
        }
    }

    /// Whether so many lines wait that the next must not be typed yet.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.requests.len() >= MOST_LINES
    }

    /// Why it is over, if it is.
    #[must_use]
    pub fn over(&self) -> Option<Over> {
        self.over
    }

    /// The person has typed a line.
    pub fn type_line(&mut self, line: &str, now: Instant) {
        match console::strip(line) {
            "" => {}
            "/quit" => self.leave(now),
            _ if self.is_full() => self.lines.push(format!(
                "* not sent: {MOST_LINES} lines are waiting already"
            )),
            "/who" => self.request(Request::Who(String::new()), now),
            command if command.starts_with('/') => self
                .lines
                .push("* that is no command: /who tells who is here, /quit ends".to_owned()),
            text if text.len() > MOST_TEXT => self.lines.push(format!(
                "* not sent: it has {} bytes, and {MOST_TEXT} are the most",
                text.len()
            )),
            text => self.request(Request::Say(text.to_owned()), now),
        }
    }

    /// Whether the person has asked to leave.
    #[must_use]
    pub fn leaves(&self) -> bool {
        self.requests.back() == Some(&Request::Leave)
    }

    /// The person goes, when everything is sent that they have typed.
    pub fn leave(&mut self, now: Instant) {
        if !self.leaves() {
            self.request(Request::Leave, now);
        }
    }

    /// A datagram that says at once that the person goes, whatever was typed. None before they are in.
    #[must_use]
    pub fn goodbye(&self) -> Option<Vec<u8>> {
        let request = Request::Leave;
        let (token, n) = (self.token?, self.n);
        Some(Question::Request { token, n, request }.pack())
    }

    /// What is to be sent now.
    pub fn outgoing(&mut self, now: Instant) -> Vec<Vec<u8>> {
        if self.over.is_some() {
            return Vec::new();
        }
        let is_due = now >= self.again_at;
        let mut outgoing = Vec::new();
        match self.token {
            None if is_due => outgoing.push(Question::Join {
                name: self.name.clone(),
                cookie: self.cookie,
            }),
            None => {}
            Some(token) => {
                if mem::take(&mut self.owes_ack) {
                    let upto = self.seen;
                    outgoing.push(Question::Ack { token, upto });
                }
                if mem::take(&mut self.owes_pong) {
                    outgoing.push(Question::Pong(token));
                }
                if self.pulse.is_ping_due(now, self.patience) {
                    outgoing.push(Question::Ping(token));
                }
                if let Some(request) = self.requests.front().filter(|_| is_due) {
                    let (n, request) = (self.n, request.clone());
                    outgoing.push(Question::Request { token, n, request });
                }
            }
        }
        if is_due {
            self.again_at = now + again::pause(self.times);
            self.times += 1;
        }
        outgoing.iter().map(Question::pack).collect()
    }

    /// The lines that have come since the last time, for the screen.
    pub fn lines(&mut self) -> Vec<String> {
        mem::take(&mut self.lines)
    }

    /// Looks at the clock: whether the server was silent for too long.
    pub fn look_at_clock(&mut self, now: Instant) {
        if self.over.is_none() && self.pulse.has_stopped(now, self.patience) {
            self.over = Some(Over::NoAnswer);
        }
    }

    /// A datagram has come from the server.
    pub fn receive(&mut self, datagram: &[u8], now: Instant) {
        let Some(answer) = Answer::unpack(datagram) else {
            return;
        };
        match (answer, self.token) {
            (Answer::Cookie(cookie), None) => {
                // The same again is a copy of what came already, and asks for nothing new.
                if mem::replace(&mut self.cookie, cookie) != cookie {
                    self.pulse.hear(now);
                    self.ask_at_once(now);
                }
            }
            (Answer::Joined { token, upto }, None) => {
                self.pulse.hear(now);
                self.token = Some(token);
                self.seen = upto;
                self.lines.push(format!(
                    "* you are {}: /who tells who is here, /quit ends",
                    self.name
                ));
                self.ask_at_once(now);
            }
            (Answer::Error(Refusal::Unknown), Some(_)) => {
                let leaves = self.requests.front() == Some(&Request::Leave);
                self.over = Some(if leaves {
                    Over::Left // and the answer to that was lost
                } else {
                    Over::Refused(Refusal::Unknown)
                });
            }
            (Answer::Error(refusal), None) if refusal != Refusal::Unknown => {
                self.over = Some(Over::Refused(refusal));
            }
            // Once we are in, no other refusal counts, not even as a sign of life: it answers an old `join`.
            (_, None) | (Answer::Error(_), Some(_)) => {}
            (answer, Some(_)) => {
                self.pulse.hear(now);
                self.follow(answer, now);
            }
        }
    }

    /// What the server tells somebody who is in.
    fn follow(&mut self, answer: Answer, now: Instant) {
        match answer {
            Answer::Ack(n) if n == self.n => match self.requests.front() {
                Some(Request::Say(_)) => self.done(now),
                Some(Request::Leave) => self.over = Some(Over::Left),
                _ => {}
            },
            Answer::People { n, names, more } if n == self.n => {
                if let Some(Request::Who(_)) = self.requests.front() {
                    // A server that never comes to the end is not asked for ever.
                    let goes_on = more && self.names.len() < MOST_PEOPLE;
                    let last = names.last().filter(|_| goes_on).cloned();
                    self.names.extend(names);
                    if let Some(last) = last {
                        self.requests[0] = Request::Who(last);
                    } else {
                        let names = mem::take(&mut self.names);
                        let all = names.join(", ");
                        let all = console::escape_to_one_line(&all);
                        self.lines
                            .push(format!("* {} here: {all}", count(names.len())));
                        self.requests.pop_front();
                    }
                    self.n += 1;
                    self.ask_at_once(now);
                }
            }
            Answer::Event { number, event } => {
                // What came already is acknowledged again: the server may not know.
                self.owes_ack = true;
                if number > self.seen && number <= self.seen + FARTHEST {
                    self.early.insert(number, event);
                }
                while let Some(event) = self.early.remove(&(self.seen + 1)) {
                    self.seen += 1;
                    self.lines.push(event.line());
                }
            }
            Answer::Ping => self.owes_pong = true,
            _ => {}
        }
    }

    fn request(&mut self, request: Request, now: Instant) {
        self.requests.push_back(request);
        if self.requests.len() == 1 && self.token.is_some() {
            self.ask_at_once(now);
        }
    }

    fn done(&mut self, now: Instant) {
        self.requests.pop_front();
        self.n += 1;
        self.ask_at_once(now);
    }

    fn ask_at_once(&mut self, now: Instant) {
        self.again_at = now;
        self.times = 0;
    }
}

/// Why a name is refused, before the server is asked.
///
/// # Errors
///
/// The sentence for the person.
pub fn name(text: &str) -> Result<String, String> {
    if is_name(text) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "give letters, digits and . _ -, {MOST_NAME} bytes at most"
    ))
}

fn count(people: usize) -> String {
    if people == 1 {
        "1 is".to_owned()
    } else {
        format!("{people} are")
    }
}
