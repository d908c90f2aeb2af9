//! The server: who is here, what has happened, and what goes to whom.
//!
//! Who is not known gets no more than they sent: a `join` is answered with a cookie, which only arrives at the address that
//! the datagram named, and nothing else is kept of it. Only who sends the cookie back gets a place, a name and a token.
//! What comes from their address without the token is passed over, so nobody can speak to the server in their name.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::ops::Bound;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::live::datagram::{
    Answer, Event, MOST_BYTES, MOST_PEOPLE, MOST_TEXT, NAMES_AT_ONCE, Question, Refusal, Request,
    Secret, is_name,
};
use crate::live::log::Log;
use crate::live::person::Person;
use crate::live::visitor::{Visitors, shorter};

/// How often the clocks are looked at.
pub const TICK: Duration = Duration::from_millis(50);

/// The room in which everybody is.
#[derive(Debug)]
pub struct Room {
    /// How long somebody may be silent.
    patience: Duration,
    /// The key of the cookies.
    key: RandomState,
    people: HashMap<SocketAddr, Person>,
    names: BTreeMap<String, SocketAddr>,
    log: Log,
    visitors: Visitors,
    /// Who gets an event next, each once.
    queue: VecDeque<SocketAddr>,
    /// Answers, pings and what is sent again: before the queue.
    urgent: VecDeque<(Arc<[u8]>, SocketAddr)>,
    /// What has happened, for the screen.
    news: Vec<String>,
    looked_at: Instant,
}

impl Room {
    /// A room in which nobody is. Who is silent for longer than `patience` has vanished.
    #[must_use]
    pub fn new(patience: Duration, now: Instant) -> Self {
        Self {
            patience,
            key: RandomState::new(),
            people: HashMap::new(),
            names: BTreeMap::new(),
            log: Log::default(),
            visitors: Visitors::new(now),
            queue: VecDeque::new(),
            urgent: VecDeque::new(),
            news: Vec::new(),
            looked_at: now,
        }
    }

    /// How long the server may wait for a datagram: not at all while there is something to send, for ever while nobody is
    /// here.
    #[must_use]
    pub fn pause(&self) -> Option<Duration> {
        if !self.queue.is_empty() || !self.urgent.is_empty() {
            Some(Duration::ZERO)
        } else if self.people.is_empty() {
            None
        } else {
            Some(TICK)
        }
    }

    /// What is to be sent, `most` datagrams at most.
    pub fn outgoing(&mut self, now: Instant, most: usize) -> Vec<(Arc<[u8]>, SocketAddr)> {
        let urgent = most.min(self.urgent.len());
        let mut outgoing: Vec<_> = self.urgent.drain(..urgent).collect();
        while outgoing.len() < most
            && let Some(address) = self.queue.pop_front()
        {
            let Some(person) = self.people.get_mut(&address) else {
                continue;
            };
            person.is_queued = false;
            let next = person.next(self.log.last());
            if let Some(datagram) = next.and_then(|next| self.log.get(next)) {
                outgoing.push((Arc::clone(datagram), address));
                person.sent(now);
                enqueue(&mut self.queue, person, address, self.log.last());
            }
        }
        outgoing
    }

    /// What has happened since the last time, for the screen, a line each.
    pub fn news(&mut self) -> Vec<String> {
        std::mem::take(&mut self.news)
    }

    /// A datagram has come.
    pub fn receive(&mut self, datagram: &[u8], peer: SocketAddr, now: Instant) {
        if !datagram.starts_with(b"{") {
            self.visit(datagram, peer, now);
            return;
        }
        let question = match Question::unpack(datagram) {
            Ok(Some(question)) => question,
            Ok(None) => return,
            Err(refusal) => return self.refuse(refusal, peer, datagram.len()),
        };
        if let Question::Join { name, cookie } = question {
            return self.join(name, cookie, peer, now);
        }
        let Some(person) = self.people.get_mut(&peer) else {
            // Whoever is not here need not be told so when they say that they are.
            if !matches!(question, Question::Pong(_)) {
                self.refuse(Refusal::Unknown, peer, datagram.len());
            }
            return;
        };
        // Forged: an answer would go to the person at that address, who did not ask.
        if question.token() != Some(person.token) {
            return;
        }
        person.pulse.hear(now);
        match question {
            Question::Request { n, request, .. } => self.request(n, request, peer),
            Question::Ack { upto, .. } => {
                if let Some(got) = person.acknowledge(upto) {
                    self.log.has(got);
                }
                enqueue(&mut self.queue, person, peer, self.log.last());
            }
            Question::Ping(_) => self.answer(&Answer::Pong, peer),
            Question::Join { .. } | Question::Pong(_) => {}
        }
    }

    /// Looks at the clocks, if it was not done just now: what is sent again, who is pinged, who is gone.
    pub fn look_at_clocks(&mut self, now: Instant) {
        if now.saturating_duration_since(self.looked_at) < TICK {
            return;
        }
        self.looked_at = now;
        let mut gone = Vec::new();
        for (&address, person) in &mut self.people {
            if person.is_gone(now, self.patience) {
                gone.push(address);
                continue;
            }
            let again = person.again(now).and_then(|number| self.log.get(number));
            if let Some(datagram) = again {
                self.urgent.push_back((Arc::clone(datagram), address));
            }
            if person.pulse.is_ping_due(now, self.patience) {
                let ping = Answer::Ping.pack().into();
                self.urgent.push_back((ping, address));
            }
        }
        for address in gone {
            self.remove(address, Event::Vanish);
        }
    }

    fn join(&mut self, name: String, cookie: Secret<8>, peer: SocketAddr, now: Instant) {
        let expected = Secret(self.key.hash_one(peer).to_be_bytes());
        if cookie != expected {
            // A `join` is always longer than this.
            self.answer(&Answer::Cookie(expected), peer);
            return;
        }
        // The answer was lost, or the question came twice.
        if let Some(person) = self.people.get(&peer)
            && person.name == name
        {
            let joined = Answer::Joined {
                token: person.token,
                upto: person.acked(),
            };
            self.answer(&joined, peer);
            return;
        }
        if !is_name(&name) {
            return self.answer(&Answer::Error(Refusal::Name), peer);
        }
        if self.names.contains_key(&name) {
            return self.answer(&Answer::Error(Refusal::Taken), peer);
        }
        if self.people.len() >= MOST_PEOPLE {
            return self.answer(&Answer::Error(Refusal::Full), peer);
        }
        // It is asked again, and then there may be room, or a random number.
        let Ok(token) = Secret::random() else { return };
        if self.log.is_full() {
            return;
        }
        // The cookie proves that somebody else has the address now.
        if self.people.contains_key(&peer) {
            self.remove(peer, Event::Vanish);
        }
        let last = self.log.last();
        let person = Person::new(name.clone(), token, last, now);
        self.people.insert(peer, person);
        self.names.insert(name.clone(), peer);
        self.answer(&Answer::Joined { token, upto: last }, peer);
        self.happen(Event::Join(name));
    }

    /// Does what a person asks for, unless it is done already: then it is only answered again.
    fn request(&mut self, n: u64, request: Request, peer: SocketAddr) {
        let Some(person) = self.people.get_mut(&peer) else {
            return;
        };
        let is_new = n == person.done + 1;
        match request {
            Request::Leave => {
                self.answer(&Answer::Ack(n), peer);
                self.remove(peer, Event::Leave);
            }
            // An old one that comes late, or one that cannot be.
            _ if !is_new && n != person.done => {}
            Request::Who(after) => {
                person.done = n;
                self.tell_who(n, after, peer);
            }
            Request::Say(_) if !is_new => self.answer(&Answer::Ack(n), peer),
            // Without an answer it is asked again.
            Request::Say(_) if self.log.is_full() => {}
            Request::Say(text) => {
                person.done = n;
                let name = person.name.clone();
                self.answer(&Answer::Ack(n), peer);
                self.happen(Event::Say { name, n, text });
            }
        }
    }

    fn tell_who(&mut self, n: u64, after: String, peer: SocketAddr) {
        let mut behind = self.names.range((Bound::Excluded(after), Bound::Unbounded));
        let names = behind.by_ref().take(NAMES_AT_ONCE);
        let names = names.map(|(name, _)| name.clone()).collect();
        let more = behind.next().is_some();
        self.answer(&Answer::People { n, names, more }, peer);
    }

    /// Somebody writes plain text.
    fn visit(&mut self, datagram: &[u8], peer: SocketAddr, now: Instant) {
        if datagram.is_empty() {
            return; // no answer is shorter
        }
        let text = String::from_utf8_lossy(datagram);
        let passed_on = format!("passed on to {} people", self.people.len());
        let answers = if datagram.len() > MOST_BYTES || text.len() > MOST_TEXT {
            ["too long: 500 bytes are the most", "too long"]
        } else if self.log.is_full() || !self.visitors.may_write(now) {
            ["too fast: wait a moment", "too fast"]
        } else {
            self.happen(Event::Write {
                address: peer.to_string(),
                text: text.into_owned(),
            });
            [passed_on.as_str(), "ok"]
        };
        let answer = shorter(datagram.len(), &answers);
        self.urgent.push_back((answer.as_bytes().into(), peer));
    }

    /// Adds an event, which everybody gets.
    fn happen(&mut self, event: Event) {
        self.news.push(event.line());
        let number = self.log.last() + 1;
        let datagram = Answer::Event { number, event }.pack();
        self.log.push(&datagram, self.people.len());
        for (&address, person) in &mut self.people {
            enqueue(&mut self.queue, person, address, number);
        }
    }

    /// Takes somebody out, and tells the others.
    fn remove(&mut self, peer: SocketAddr, why: fn(String) -> Event) {
        if let Some(person) = self.people.remove(&peer) {
            self.names.remove(&person.name);
            self.log.has(person.acked() + 1..=self.log.last());
            self.happen(why(person.name));
        }
    }

    fn answer(&mut self, answer: &Answer, peer: SocketAddr) {
        self.urgent.push_back((answer.pack().into(), peer));
    }

    /// Says no to somebody who is not known, unless that takes more bytes than they sent.
    fn refuse(&mut self, refusal: Refusal, peer: SocketAddr, asked: usize) {
        let answer = Answer::Error(refusal).pack();
        if answer.len() <= asked {
            self.urgent.push_back((answer.into(), peer));
        }
    }
}

/// Puts somebody into the queue who may get an event and does not stand there yet.
fn enqueue(queue: &mut VecDeque<SocketAddr>, person: &mut Person, address: SocketAddr, last: u64) {
    if !person.is_queued && person.next(last).is_some() {
        person.is_queued = true;
        queue.push_back(address);
    }
}

#[cfg(test)]
mod tests;
