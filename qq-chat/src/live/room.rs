//! The server: who is here, what has happened, and what goes to whom.
//!
//! Who is not known gets no more than they sent: a `join` is answered with a cookie, which only arrives at the address that
//! the datagram named, and nothing else is kept of it. Only who sends the cookie back gets a place, a name and a token.
//! What comes from their address without the token is passed over, so nobody can speak in their name.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::ops::Bound;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::datagram::{
    Answer, Event, MOST_BYTES, MOST_TEXT, NAMES_AT_ONCE, Question, Refusal, Request, Secret,
    is_name,
};
use super::log::Log;
use super::person::Person;
use super::visitor::{Visitors, shorter};

/// How many people may be here at a time.
pub const MOST_PEOPLE: usize = 5000;

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
        match question {
            Question::Join { name, cookie } => self.join(name, cookie, peer, now),
            Question::Request { token, n, request } => match self.known(peer, token, now) {
                Known::Yes(_) => self.request(n, request, peer),
                Known::Forged => {}
                Known::No => self.refuse(Refusal::Unknown, peer, datagram.len()),
            },
            Question::Ack { token, upto } => match self.known(peer, token, now) {
                Known::Yes(person) => {
                    if let Some(got) = person.acknowledge(upto) {
                        self.log.has(got);
                    }
                    if let Some(person) = self.people.get_mut(&peer) {
                        enqueue(&mut self.queue, person, peer, self.log.last());
                    }
                }
                Known::Forged => {}
                Known::No => self.refuse(Refusal::Unknown, peer, datagram.len()),
            },
            Question::Ping(token) => match self.known(peer, token, now) {
                Known::Yes(_) => self.answer(&Answer::Pong, peer),
                Known::Forged => {}
                Known::No => self.refuse(Refusal::Unknown, peer, datagram.len()),
            },
            // Whoever is not known need not be told that they are not here.
            Question::Pong(token) => _ = self.known(peer, token, now),
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

    /// Who it is that sent this token.
    fn known(&mut self, peer: SocketAddr, token: Secret<16>, now: Instant) -> Known<'_> {
        match self.people.get_mut(&peer) {
            None => Known::No,
            Some(person) if person.token == token => {
                person.pulse.hear(now);
                Known::Yes(person)
            }
            Some(_) => Known::Forged,
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
        let text = String::from_utf8_lossy(datagram);
        let passed_on = format!("passed on to {} people", self.people.len());
        let answers = if datagram.len() > MOST_BYTES || text.len() > MOST_TEXT {
            ["too long: 500 bytes are the most", "too long"]
        } else if text.is_empty() || self.log.is_full() || !self.visitors.may_write(now) {
            ["too fast: wait a moment", "too fast"]
        } else {
            self.happen(Event::Write {
                address: peer.to_string(),
                text: text.into_owned(),
            });
            [passed_on.as_str(), "ok"]
        };
        if let Some(answer) = shorter(datagram.len(), &answers) {
            self.urgent.push_back((answer.as_bytes().into(), peer));
        }
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

/// Whether somebody with a token is who they say.
enum Known<'a> {
    Yes(&'a mut Person),
    /// Their address is somebody's whose token is another one. An answer would go to that person, who did not ask.
    Forged,
    No,
}

/// Puts somebody into the queue who may get an event and does not stand there yet.
fn enqueue(queue: &mut VecDeque<SocketAddr>, person: &mut Person, address: SocketAddr, last: u64) {
    if !person.is_queued && person.next(last).is_some() {
        person.is_queued = true;
        queue.push_back(address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);
    const ALL: usize = usize::MAX;

    fn peer(number: u16) -> SocketAddr {
        ([127, 0, 0, 1], number).into()
    }

    fn room() -> (Room, Instant) {
        let now = Instant::now();
        (Room::new(PATIENCE, now), now)
    }

    /// What the room sends to an address.
    fn sent_to(room: &mut Room, address: SocketAddr, now: Instant) -> Vec<Answer> {
        let outgoing = room.outgoing(now, ALL).into_iter();
        let to_it = outgoing.filter(|(_, to)| *to == address);
        to_it
            .filter_map(|(datagram, _)| Answer::unpack(&datagram))
            .collect()
    }

    fn ask(room: &mut Room, question: &Question, from: SocketAddr, now: Instant) -> Vec<Answer> {
        room.receive(&question.pack(), from, now);
        sent_to(room, from, now)
    }

    fn join(room: &mut Room, name: &str, from: SocketAddr, now: Instant) -> Vec<Answer> {
        let join = |cookie| Question::Join {
            name: name.to_owned(),
            cookie,
        };
        let [Answer::Cookie(cookie)] = ask(room, &join(Secret::UNKNOWN), from, now)[..] else {
            panic!("no cookie");
        };
        ask(room, &join(cookie), from, now)
    }

    fn token(answers: &[Answer]) -> Secret<16> {
        match answers.first() {
            Some(Answer::Joined { token, .. }) => *token,
            other => panic!("{other:?}"),
        }
    }

    fn say(token: Secret<16>, n: u64, text: &str) -> Question {
        Question::Request {
            token,
            n,
            request: Request::Say(text.to_owned()),
        }
    }

    #[test]
    fn a_cookie_is_no_longer_than_a_join_and_of_one_address() {
        let (mut room, now) = room();
        let question = Question::Join {
            name: "a".to_owned(),
            cookie: Secret::UNKNOWN,
        };
        let answers = ask(&mut room, &question, peer(1), now);
        let [Answer::Cookie(cookie)] = answers[..] else {
            panic!("{answers:?}");
        };
        assert!(answers[0].pack().len() < question.pack().len());
        let question = Question::Join {
            name: "a".to_owned(),
            cookie,
        };
        let answers = ask(&mut room, &question, peer(2), now);
        assert!(matches!(answers[..], [Answer::Cookie(other)] if other != cookie));
        assert!(room.people.is_empty());
    }

    #[test]
    fn a_name_is_one_persons_until_they_leave() {
        let (mut room, now) = room();
        let anna = token(&join(&mut room, "anna", peer(1), now));
        let taken = [Answer::Error(Refusal::Taken)];
        assert_eq!(join(&mut room, "anna", peer(2), now), taken);
        // A repetition is no second one.
        assert_eq!(token(&join(&mut room, "anna", peer(1), now)), anna);
        let leave = Question::Request {
            token: anna,
            n: 1,
            request: Request::Leave,
        };
        assert_eq!(ask(&mut room, &leave, peer(1), now), [Answer::Ack(1)]);
        assert_ne!(token(&join(&mut room, "anna", peer(2), now)), anna);
        let bad = [Answer::Error(Refusal::Name)];
        assert_eq!(join(&mut room, "* anna", peer(3), now), bad);
    }

    #[test]
    fn what_comes_twice_happens_once_and_is_answered_twice() {
        let (mut room, now) = room();
        let anna = token(&join(&mut room, "anna", peer(1), now));
        room.news();
        let question = say(anna, 1, "hi");
        assert!(ask(&mut room, &question, peer(1), now).contains(&Answer::Ack(1)));
        assert_eq!(
            ask(&mut room, &question, peer(1), now),
            [Answer::Ack(1)],
            "again"
        );
        assert_eq!(room.news(), ["anna: hi"]);
        // What is late, and what cannot be, has no answer.
        let _ = ask(&mut room, &say(anna, 2, "there"), peer(1), now);
        assert_eq!(ask(&mut room, &question, peer(1), now), []);
        assert_eq!(ask(&mut room, &say(anna, 4, "x"), peer(1), now), []);
    }

    #[test]
    fn a_forged_token_has_no_effect_and_no_answer_to_its_victim() {
        let (mut room, now) = room();
        join(&mut room, "anna", peer(1), now);
        room.news();
        let forged = say(Secret([7; 16]), 1, "I am anna");
        assert_eq!(ask(&mut room, &forged, peer(1), now), []);
        let unknown = [Answer::Error(Refusal::Unknown)];
        assert_eq!(ask(&mut room, &forged, peer(2), now), unknown);
        assert!(room.news().is_empty());
    }

    #[test]
    fn events_go_to_everybody_in_order_until_they_are_acknowledged() {
        let (mut room, now) = room();
        let anna = token(&join(&mut room, "anna", peer(1), now));
        let bob = token(&join(&mut room, "bob", peer(2), now));
        let _ = room.outgoing(now, ALL);
        room.receive(&say(anna, 1, "hi").pack(), peer(1), now);
        let event = Answer::Event {
            number: 3,
            event: Event::Say {
                name: "anna".to_owned(),
                n: 1,
                text: "hi".to_owned(),
            },
        };
        assert_eq!(
            sent_to(&mut room, peer(2), now),
            std::slice::from_ref(&event)
        );
        // The first that bob lacks is his own coming.
        let later = now + Duration::from_millis(100);
        room.look_at_clocks(later);
        let again = sent_to(&mut room, peer(2), later);
        assert!(
            matches!(&again[..], [Answer::Event { number: 2, .. }]),
            "{again:?}"
        );
        let ack = |token, upto| Question::Ack { token, upto };
        let _ = ask(&mut room, &ack(bob, 2), peer(2), later);
        room.look_at_clocks(later + TICK);
        assert_eq!(sent_to(&mut room, peer(2), later), [event]);
        let _ = ask(&mut room, &ack(bob, 3), peer(2), later);
        let _ = ask(&mut room, &ack(anna, 3), peer(1), later);
        assert_eq!((room.log.get(3), room.log.last()), (None, 3));
    }

    #[test]
    fn who_does_not_answer_pings_has_vanished() {
        let (mut room, now) = room();
        let anna = token(&join(&mut room, "anna", peer(1), now));
        let bob = token(&join(&mut room, "bob", peer(2), now));
        let mut at = now;
        let mut pings = 0;
        while at < now + PATIENCE {
            at += TICK;
            room.look_at_clocks(at);
            for (datagram, to) in room.outgoing(at, ALL) {
                match Answer::unpack(&datagram) {
                    Some(Answer::Ping) if to == peer(2) => {
                        pings += 1;
                        room.receive(&Question::Pong(bob).pack(), to, at);
                    }
                    Some(Answer::Event { number, .. }) => {
                        let token = if to == peer(1) { anna } else { bob };
                        let upto = if to == peer(1) { 2 } else { number };
                        // Anna acknowledges all, once, and is silent then.
                        if at < now + 2 * TICK || to == peer(2) {
                            let ack = Question::Ack { token, upto };
                            room.receive(&ack.pack(), to, at);
                        }
                    }
                    _ => {}
                }
            }
        }
        room.look_at_clocks(at + TICK);
        assert!(pings > 1);
        let news = room.news();
        assert_eq!(news.last().map(String::as_str), Some("* anna has vanished"));
        assert_eq!(room.people.len(), 1);
    }

    #[test]
    fn a_thousand_names_are_told_in_pieces() {
        let (mut room, now) = room();
        for number in 0..100_u16 {
            join(&mut room, &format!("n{number:04}"), peer(number + 1), now);
            // Nobody acknowledges, and the log would be full.
            room.log = Log::default();
        }
        let token = room.people[&peer(1)].token;
        let (mut all, mut n) = (Vec::new(), 0);
        loop {
            n += 1;
            let after = all.last().cloned().unwrap_or_default();
            let question = Question::Request {
                token,
                n,
                request: Request::Who(after),
            };
            let answers = ask(&mut room, &question, peer(1), now);
            let people = answers.iter().find_map(|answer| match answer {
                Answer::People { names, more, .. } => Some((names.clone(), *more)),
                _ => None,
            });
            let (names, more) = people.unwrap();
            all.extend(names);
            if !more {
                break;
            }
        }
        assert_eq!(all.len(), 100);
        assert!(all.is_sorted());
    }

    #[test]
    fn plain_text_is_passed_on_and_answered_in_fewer_bytes() {
        let (mut room, now) = room();
        join(&mut room, "anna", peer(1), now);
        room.news();
        for (text, answer) in [
            (&b"is anybody here?"[..], Some(&b"ok"[..])),
            (
                b"is anybody here, or am I alone?",
                Some(b"passed on to 1 people"),
            ),
            (b"a\x1b\xff", Some(b"ok")),
            (b"a", Some(b"")),
            (b"", None),
        ] {
            room.receive(text, peer(9), now);
            let outgoing = room.outgoing(now, ALL);
            let found = outgoing.iter().find(|(_, to)| *to == peer(9));
            assert_eq!(found.map(|(datagram, _)| &datagram[..]), answer);
        }
        assert_eq!(
            room.news(),
            [
                "[127.0.0.1:9]: is anybody here?",
                "[127.0.0.1:9]: is anybody here, or am I alone?",
                "[127.0.0.1:9]: a\\x1b\u{fffd}",
                "[127.0.0.1:9]: a"
            ]
        );
        room.receive(&[b'x'; MOST_TEXT + 1], peer(9), now);
        assert_eq!(
            &room.outgoing(now, ALL)[0].0[..],
            b"too long: 500 bytes are the most"
        );
    }

    #[test]
    fn who_lacks_everything_stops_the_others_but_not_for_ever() {
        let (mut room, now) = room();
        let anna = token(&join(&mut room, "anna", peer(1), now));
        join(&mut room, "deaf", peer(2), now);
        let mut said = 0;
        let ack = |room: &mut Room, at| {
            let upto = room.log.last();
            room.receive(&Question::Ack { token: anna, upto }.pack(), peer(1), at);
        };
        while said < 10_000 {
            let _ = room.outgoing(now, ALL);
            ack(&mut room, now);
            room.receive(&say(anna, said + 1, "hi").pack(), peer(1), now);
            if room.people[&peer(1)].done == said {
                break;
            }
            said += 1;
        }
        assert!((200..300).contains(&said), "{said}");
        room.look_at_clocks(now + PATIENCE);
        assert!(!room.names.contains_key("deaf"));
    }
}
