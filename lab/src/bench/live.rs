//! A thousand people in one chat: how many messages a second all of them get, and what a person costs the server.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use qq_chat::live::datagram::{Answer, MOST_BYTES, Question, Request, Secret};
use rustix::event::epoll;

use crate::bench::measure::{Contender, interleave, memory};
use crate::bench::report::{BARE, PYTHON, Row, Target};
use crate::bench::setting::{Setting, descriptor_limit, sides, start_server};

const LIVE: u8 = 22;

/// Descriptors that this process has besides the people's sockets, at most.
const OTHER_DESCRIPTORS: usize = 50;

/// How many of them speak at the same time.
const SPEAKERS: usize = 16;

/// After so long what was asked is asked again.
const PAUSE: Duration = Duration::from_millis(200);

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// Somebody in the room.
struct Person {
    socket: UdpSocket,
    cookie: Secret<8>,
    token: Option<Secret<16>>,
    /// They have all events up to this number.
    upto: u64,
    /// The number of what they said last, and whether it is acknowledged.
    n: u64,
    is_done: bool,
}

/// People who get what is said.
struct Crowd {
    poll: std::os::fd::OwnedFd,
    people: Vec<Person>,
}

impl Crowd {
    /// So many people join.
    fn join(server: SocketAddr, count: usize) -> Result<Self> {
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut crowd = Self {
            poll,
            people: Vec::with_capacity(count),
        };
        // Not all at once, or their questions would overflow the server's buffer.
        while crowd.people.len() < count {
            for _ in 0..SPEAKERS.min(count - crowd.people.len()) {
                let person = Person::new(server)?;
                let data = epoll::EventData::new_u64(crowd.people.len() as u64);
                epoll::add(&crowd.poll, &person.socket, data, epoll::EventFlags::IN)?;
                person.ask_to_join(crowd.people.len())?;
                crowd.people.push(person);
            }
            crowd.drive(|people| people.iter().all(|person| person.token.is_some()))?;
        }
        crowd.settle(count as u64)?;
        Ok(crowd)
    }

    /// Waits until all have all events up to this number.
    fn settle(&mut self, last: u64) -> Result<()> {
        self.drive(|people| people.iter().all(|person| person.upto >= last))
    }

    /// Says so many things, and waits until everybody has them.
    fn talk(&mut self, messages: usize) -> Result<()> {
        let last = self.people.first().map_or(0, |person| person.upto) + messages as u64;
        let mut said = 0;
        while said < messages {
            let speakers = SPEAKERS.min(messages - said).min(self.people.len());
            for person in &mut self.people[..speakers] {
                person.n += 1;
                person.is_done = false;
                person.say()?;
            }
            said += speakers;
            self.drive(|people| people.iter().all(|person| person.is_done))?;
        }
        self.settle(last)
    }

    /// Does what people do, until something is so.
    fn drive(&mut self, is_so: impl Fn(&[Person]) -> bool) -> Result<()> {
        let limit = Instant::now() + PATIENCE;
        let mut buffer = vec![0; MOST_BYTES];
        let mut ready = Vec::with_capacity(256);
        let mut asked = Instant::now();
        while !is_so(&self.people) {
            ensure!(Instant::now() < limit, "not everybody has everything");
            let pause = rustix::event::Timespec {
                tv_sec: 0,
                tv_nsec: i64::from(PAUSE.subsec_nanos()),
            };
            ready.clear();
            epoll::wait(
                &self.poll,
                rustix::buffer::spare_capacity(&mut ready),
                Some(&pause),
            )?;
            // It is never silent in a crowd: the clock tells when to ask again, not the silence.
            if asked.elapsed() >= PAUSE {
                asked = Instant::now();
                for (number, person) in self.people.iter().enumerate() {
                    match person.token {
                        None => person.ask_to_join(number)?,
                        Some(_) if !person.is_done => person.say()?,
                        Some(_) => {}
                    }
                }
            }
            for event in &ready {
                let number = usize::try_from(event.data.u64())?;
                self.people[number].listen(number, &mut buffer)?;
            }
        }
        Ok(())
    }
}

impl Person {
    fn new(server: SocketAddr) -> Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.connect(server)?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            cookie: Secret::UNKNOWN,
            token: None,
            upto: 0,
            n: 0,
            is_done: true,
        })
    }

    fn ask_to_join(&self, number: usize) -> Result<()> {
        let name = format!("n{number:05}");
        let cookie = self.cookie;
        self.send(&Question::Join { name, cookie })
    }

    fn say(&self) -> Result<()> {
        let token = self.token.context("not in yet")?;
        let request = Request::Say("a message of a usual length, as people write them".to_owned());
        self.send(&Question::Request {
            token,
            n: self.n,
            request,
        })
    }

    fn send(&self, question: &Question) -> Result<()> {
        self.socket.send(&question.pack())?;
        Ok(())
    }

    /// Takes all that has come.
    fn listen(&mut self, index: usize, buffer: &mut [u8]) -> Result<()> {
        let before = self.upto;
        let mut is_copy = false;
        while let Ok(size) = self.socket.recv(buffer) {
            let datagram = &buffer[..size];
            if let Some(number) = event_number(datagram) {
                is_copy |= number <= self.upto;
                // What lacks comes again.
                self.upto += u64::from(self.token.is_some() && number == self.upto + 1);
                continue;
            }
            match Answer::unpack(datagram) {
                Some(Answer::Cookie(cookie)) if self.token.is_none() => {
                    self.cookie = cookie;
                    self.ask_to_join(index)?;
                }
                Some(Answer::Joined { token, upto }) if self.token.is_none() => {
                    self.token = Some(token);
                    self.upto = upto;
                }
                Some(Answer::Ack(n)) => self.is_done |= n == self.n,
                Some(Answer::Ping) => {
                    let token = self.token.context("pinged before it is in")?;
                    self.send(&Question::Pong(token))?;
                }
                Some(Answer::Error(refusal)) => bail!("the server: {refusal}"),
                _ => {}
            }
        }
        if let Some(token) = self.token
            && (self.upto > before || is_copy)
        {
            let upto = self.upto;
            self.send(&Question::Ack { token, upto })?;
        }
        Ok(())
    }
}

/// The number of an event. All else of it is for a screen.
fn event_number(datagram: &[u8]) -> Option<u64> {
    const FIELD: &[u8] = b"\"number\": ";
    let head = &datagram[..datagram.len().min(64)];
    let at = head
        .windows(FIELD.len())
        .position(|window| window == FIELD)?;
    let digits = head[at + FIELD.len()..].iter();
    let digits = digits.take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| 10 * number + u64::from(digit - b'0')))
}

/// Measures it.
#[allow(clippy::cast_precision_loss)] // thousands
pub(crate) fn measure(setting: &Setting, name: &str) -> Vec<Row> {
    let wanted = setting.either(1_000, 100);
    let count = wanted.min(descriptor_limit().saturating_sub(OTHER_DESCRIPTORS));
    let messages = setting.either(256, 64);
    let mut notes = vec![format!(
        "{count} people, {messages} messages to all of them"
    )];
    if count < wanted {
        notes.push(format!("not {wanted}: too few open files are allowed"));
    }
    let sides = sides().into_iter().filter(|&side| side != BARE);
    let contenders = sides.map(|side| {
        Contender::new(side, move || {
            let alone = start_server(LIVE, side, &[])?;
            Crowd::join(alone.address, 1)?;
            let before = memory(alone.process.id())?;
            let server = start_server(LIVE, side, &[])?;
            let mut crowd = Crowd::join(server.address, count)?;
            let used = memory(server.process.id())?.saturating_sub(before);
            let begun = Instant::now();
            crowd.talk(messages)?;
            let seconds = begun.elapsed().as_secs_f64();
            Ok([
                messages as f64 / seconds,
                used as f64 / count as f64 / 1024.0,
            ])
        })
    });
    let [rate, memory] = interleave(setting.either(3, 1), contenders.collect());
    let row = |part, what: &str, unit, figures, target| Row {
        name: format!("{name}/{part}"),
        what: what.to_owned(),
        unit,
        figures,
        target,
        notes: notes.clone(),
    };
    vec![
        row(
            "messages",
            "messages a second that everybody in the room gets",
            "1/s",
            rate,
            Target::AtLeastTimes(1.0, PYTHON),
        ),
        row(
            "memory",
            "server memory for a person in the room",
            "KiB",
            memory,
            Target::AtMostTimes(1.0, PYTHON),
        ),
    ]
}
