//! A room: whatever a person in it says reaches everybody, each thing once, though datagrams are lost.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

/// How long the socket is waited for before the clocks are looked at.
const TICK: Duration = Duration::from_millis(50);

/// What is not acknowledged is sent again after this time.
const AGAIN: Duration = Duration::from_millis(200);

/// Who is silent for so long is pinged.
const SILENCE: Duration = Duration::from_secs(1);

/// Who is silent for so long has vanished.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest text, and how many names an answer has at most.
const MOST_BYTES: usize = 500;
const MOST_NAMES: usize = 16;

struct Room {
    socket: UdpSocket,
    /// The key of the cookies: a hash with it is one that nobody else can compute.
    key: RandomState,
    people: BTreeMap<SocketAddr, Person>,
    /// What has happened, as datagrams; the first has the number 1.
    events: Vec<Value>,
}

struct Person {
    name: String,
    token: String,
    /// The number of their last request that is done.
    done: u64,
    /// The number of the last event of which we know that they have it, with all before.
    acked: usize,
    /// When something came from them, and when something was sent to them that they have to answer.
    heard: Instant,
    sent: Instant,
}

/// What a person sends, besides the version and the kind.
#[derive(Deserialize)]
struct Datagram {
    v: u8,
    /// Empty in a join.
    #[serde(default)]
    token: String,
    /// Only requests have one.
    #[serde(default)]
    n: u64,
    #[serde(flatten)]
    question: Question,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Question {
    Join { name: String, cookie: String },
    Say { text: String },
    Who { after: String },
    Leave,
    Ack { upto: usize },
    Ping,
    Pong,
}

fn main() -> io::Result<()> {
    let address = given::listen_address(8080);
    //~ uncomment
    // (1) socket, bind
    let mut room = Room::new(UdpSocket::bind(address)?);
    room.socket.set_read_timeout(Some(TICK))?;
    let mut buffer = [0; 65_535];
    loop {
        // (2) recvfrom: not for ever, because there are clocks to look at
        match room.socket.recv_from(&mut buffer) {
            Ok((size, peer)) => room.receive(&buffer[..size], peer),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error),
        }
        room.look_at_clocks();
    }
    //~ end
    //~ write
    //~| todo!("(1) socket, bind: take the // from the lines above, and this line away")
    //~ end
}

impl Room {
    fn new(socket: UdpSocket) -> Self {
        let (key, people, events) = (RandomState::new(), BTreeMap::new(), Vec::new());
        Self {
            socket,
            key,
            people,
            events,
        }
    }

    /// A datagram has come.
    fn receive(&mut self, data: &[u8], peer: SocketAddr) {
        if !data.starts_with(b"{") {
            return self.write(data, peer);
        }
        let Some(Datagram {
            token, n, question, ..
        }) = unpack(data)
        else {
            return;
        };
        if let Question::Join { name, cookie } = question {
            return self.join(name, &cookie, peer);
        }
        let Some(person) = self.people.get_mut(&peer) else {
            // With a false sender it goes to somebody who asked for nothing: never more than was sent.
            let answer = json!({"v": 1, "kind": "error", "error": "unknown"});
            if !matches!(question, Question::Pong) && answer.to_string().len() <= data.len() {
                self.send(&answer, peer);
            }
            return;
        };
        // (5) whom to believe: an address can be forged, a token cannot be guessed
        //~ write
        if token != person.token {
            return;
        }
        //~ end
        person.heard = Instant::now();
        // (6) the number: the next request is done, the last one only answered again, any other passed over
        let mut is_new = true;
        if let Question::Say { .. } | Question::Who { .. } = question {
            //~ write
            is_new = n == person.done + 1;
            if !is_new && n != person.done {
                return;
            }
            person.done = n;
            //~ end
        }
        match question {
            Question::Say { text } => {
                let name = person.name.clone();
                self.send(&json!({"v": 1, "kind": "ack", "n": n}), peer);
                if is_new {
                    let line = format!("{name}: {}", one_line(&text));
                    self.happen(
                        &line,
                        json!({"v": 1, "kind": "say", "name": name, "n": n, "text": text}),
                    );
                }
            }
            Question::Who { after } => {
                let mut names: Vec<_> = self.people.values().map(|p| &p.name).collect();
                names.retain(|&name| *name > after);
                names.sort();
                let more = names.len() > MOST_NAMES;
                names.truncate(MOST_NAMES);
                let answer =
                    json!({"v": 1, "kind": "people", "n": n, "names": names, "more": more});
                self.send(&answer, peer);
            }
            Question::Leave => {
                self.send(&json!({"v": 1, "kind": "ack", "n": n}), peer);
                self.remove(peer, "leave", "has left");
            }
            // (7) ack: all events up to this number have come
            Question::Ack { upto } => {
                //~ write
                if upto > person.acked && upto <= self.events.len() {
                    person.acked = upto;
                }
                //~ end
            }
            Question::Ping => self.send(&json!({"v": 1, "kind": "pong"}), peer),
            Question::Join { .. } | Question::Pong => {}
        }
    }

    /// Somebody wants to come in.
    fn join(&mut self, name: String, cookie: &str, peer: SocketAddr) {
        // (3) the cookie: a hash of the address, with our key; it arrives only where that address is
        //~ write
        let right = format!("{:016x}", self.key.hash_one(peer));
        if cookie != right {
            return self.send(&json!({"v": 1, "kind": "cookie", "cookie": right}), peer);
        }
        //~ end
        let person = self.people.iter().find(|(_, person)| person.name == name);
        match person {
            // The answer was lost.
            Some((&address, person)) if address == peer => {
                let (token, upto) = (&person.token, person.acked);
                let answer = json!({"v": 1, "kind": "joined", "token": token, "upto": upto});
                return self.send(&answer, peer);
            }
            Some(_) => return self.send(&json!({"v": 1, "kind": "error", "error": "taken"}), peer),
            None if !is_name(&name) => {
                return self.send(&json!({"v": 1, "kind": "error", "error": "name"}), peer);
            }
            None => {}
        }
        // The cookie proves it: somebody else has this address now.
        self.remove(peer, "vanish", "has vanished");
        let line = format!("* {name} has come");
        let event = json!({"v": 1, "kind": "join", "name": name});
        // (4) the token: 32 random digits; then joined, and the person is here
        //~ write
        let random = || RandomState::new().hash_one(peer);
        let token = format!("{:016x}{:016x}", random(), random());
        let upto = self.events.len();
        self.send(
            &json!({"v": 1, "kind": "joined", "token": token, "upto": upto}),
            peer,
        );
        let now = Instant::now();
        let person = Person {
            name,
            token,
            done: 0,
            acked: upto,
            heard: now,
            sent: now,
        };
        self.people.insert(peer, person);
        //~ end
        self.happen(&line, event);
    }

    /// Something has happened: it gets a number, is shown, kept, and sent to everybody.
    fn happen(&mut self, line: &str, mut event: Value) {
        println!("{line}");
        event["number"] = json!(self.events.len() + 1);
        for &peer in self.people.keys() {
            self.send(&event, peer);
        }
        let last = self.events.len();
        for person in self.people.values_mut() {
            // Who still lacks another one will be sent that first.
            if person.acked == last {
                person.sent = Instant::now();
            }
        }
        self.events.push(event);
    }

    /// Sends again what is not acknowledged, pings who is silent, takes out who has vanished.
    fn look_at_clocks(&mut self) {
        let now = Instant::now();
        let (mut out, mut gone) = (Vec::new(), Vec::new());
        for (&peer, person) in &mut self.people {
            // (8) the clocks: `out.push((datagram, peer))` and `gone.push(peer)`
            //~ write
            let lacks = self.events.get(person.acked);
            let silence = now - person.heard;
            if silence >= PATIENCE {
                gone.push(peer);
            } else if now - person.sent >= AGAIN && (lacks.is_some() || silence >= SILENCE) {
                let ping = json!({"v": 1, "kind": "ping"});
                out.push((lacks.cloned().unwrap_or(ping), peer));
                person.sent = now;
            }
            //~ end
        }
        for (datagram, peer) in out {
            self.send(&datagram, peer);
        }
        for peer in gone {
            self.remove(peer, "vanish", "has vanished");
        }
    }

    /// Takes out who is at this address, if anybody is, and tells the others.
    fn remove(&mut self, peer: SocketAddr, kind: &str, what: &str) {
        if let Some(Person { name, .. }) = self.people.remove(&peer) {
            let line = format!("* {name} {what}");
            self.happen(&line, json!({"v": 1, "kind": kind, "name": name}));
        }
    }

    /// Somebody has written plain text, as the lesson's client does. The answer is shorter than that.
    fn write(&mut self, data: &[u8], peer: SocketAddr) {
        let text = String::from_utf8_lossy(data);
        if !(1..=MOST_BYTES).contains(&text.len()) {
            return;
        }
        let answer = if data.len() > 2 { "ok" } else { "" };
        if let Err(error) = self.socket.send_to(answer.as_bytes(), peer) {
            eprintln!("cannot send to {peer}: {error}");
        }
        let line = format!("[{peer}]: {}", one_line(&text));
        let address = peer.to_string();
        self.happen(
            &line,
            json!({"v": 1, "kind": "write", "address": address, "text": text}),
        );
    }

    fn send(&self, datagram: &Value, peer: SocketAddr) {
        // (9) sendto
        if let Err(error) = self.socket.send_to(datagram.to_string().as_bytes(), peer) {
            eprintln!("cannot send to {peer}: {error}");
        }
    }
}

/// What a person has sent; None if it breaks a rule of the table.
fn unpack(data: &[u8]) -> Option<Datagram> {
    let datagram: Datagram = serde_json::from_slice(data).ok()?;
    let fits = match &datagram.question {
        Question::Say { text } => (1..=MOST_BYTES).contains(&text.len()),
        _ => true,
    };
    (datagram.v == 1 && fits).then_some(datagram)
}

fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_alphanumeric() || "._-".contains(c);
    (1..=32).contains(&name.len()) && name.chars().all(good)
}

/// A text that cannot look like two lines.
fn one_line(text: &str) -> String {
    given::harmless(text)
        .replace('\n', "\\n")
        .replace('\t', "\\t")
}
