//! The checker as somebody in the room.

use std::time::{Duration, Instant};

use common::notation;
use qq_chat::live::datagram::{Answer, Event, Question, Refusal, Request, Secret};

use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::server::Server;
use crate::check::engine::trial::Result;

/// Somebody in the room. Answers pings, acknowledges events.
pub(super) struct Person<'a> {
    context: &'a Context<'a>,
    pub(super) socket: Datagrams,
    name: &'static str,
    pub(super) token: Secret<16>,
    /// The number of the last request.
    pub(super) n: u64,
    /// The number of the last event that came, and all that came since the join.
    pub(super) upto: u64,
    pub(super) events: Vec<Event>,
}

impl<'a> Person<'a> {
    /// Has not joined yet.
    pub(super) fn new(
        context: &'a Context<'a>,
        server: &Server,
        name: &'static str,
    ) -> Result<Self> {
        Ok(Self {
            context,
            socket: server.datagrams()?,
            name,
            token: Secret::UNKNOWN,
            n: 0,
            upto: 0,
            events: Vec::new(),
        })
    }

    /// Joins, and sees itself come.
    pub(super) fn join(
        context: &'a Context<'a>,
        server: &Server,
        name: &'static str,
    ) -> Result<Self> {
        let mut person = Self::new(context, server, name)?;
        person.enter()?;
        person.await_event(&Event::Join(name.to_owned()))?;
        Ok(person)
    }

    /// Joins. Of what happened before nothing comes, and nothing is known any more.
    pub(super) fn enter(&mut self) -> Result {
        let cookie = self.cookie()?;
        self.ask_to_join(cookie)?;
        let what = "joined, with a token";
        (self.token, self.upto) = self.await_answer(what, |answer| match answer {
            Answer::Joined { token, upto } => Some((*token, *upto)),
            _ => None,
        })?;
        self.n = 0;
        self.events.clear();
        Ok(())
    }

    pub(super) fn ask_to_join(&self, cookie: Secret<8>) -> Result {
        let name = self.name.to_owned();
        self.socket.send(&Question::Join { name, cookie }.pack())
    }

    /// Asks to join without a cookie, and is given one.
    pub(super) fn cookie(&mut self) -> Result<Secret<8>> {
        self.ask_to_join(Secret::UNKNOWN)?;
        loop {
            match self.answer()? {
                Answer::Cookie(cookie) => return Ok(cookie),
                // It answers what was sent before this person left.
                Answer::Error(Refusal::Unknown) => {}
                other => return Err(self.context.fail("a cookie", format!("{other:?}"))),
            }
        }
    }

    /// Receives a datagram of the chat.
    pub(super) fn answer(&mut self) -> Result<Answer> {
        let datagram = self.socket.receive()?;
        self.read(&datagram)
    }

    pub(super) fn read(&self, datagram: &[u8]) -> Result<Answer> {
        Answer::unpack(datagram).ok_or_else(|| {
            let shown = notation::bytes(datagram);
            self.context.fail("a datagram as the table has it", shown)
        })
    }

    /// Does with an answer what everybody does.
    pub(super) fn take(&mut self, answer: &Answer) -> Result {
        let token = self.token;
        match answer {
            Answer::Ping => self.socket.send(&Question::Pong(token).pack()),
            Answer::Event { number, event } => {
                if *number == self.upto + 1 {
                    self.upto += 1;
                    self.events.push(event.clone());
                }
                self.acknowledge(self.upto)
            }
            Answer::Error(refusal) => {
                let happened = format!("{refusal:?} to {}", self.name);
                Err(self
                    .context
                    .fail("no error for who joins or has joined", happened))
            }
            _ => Ok(()),
        }
    }

    /// The next answer, if one comes before `limit`; does with it what everybody does.
    pub(super) fn receive_until(&mut self, limit: Instant) -> Result<Option<Answer>> {
        let Some(datagram) = self.socket.receive_until(limit)? else {
            return Ok(None);
        };
        let answer = self.read(&datagram)?;
        self.take(&answer)?;
        Ok(Some(answer))
    }

    /// Waits for an answer.
    pub(super) fn await_answer<T>(
        &mut self,
        what: &str,
        mut wanted: impl FnMut(&Answer) -> Option<T>,
    ) -> Result<T> {
        let limit = self.context.limit();
        while let Some(answer) = self.receive_until(limit)? {
            if let Some(found) = wanted(&answer) {
                return Ok(found);
            }
        }
        let happened = format!("it has not come; what happened: {:?}", self.events);
        Err(self.context.fail(what, happened))
    }

    /// Waits until an event has happened: behind all before it, and once.
    pub(super) fn await_event(&mut self, event: &Event) -> Result {
        let limit = self.context.limit();
        self.await_event_until(limit, event)
    }

    pub(super) fn await_event_until(&mut self, limit: Instant, event: &Event) -> Result {
        while !self.events.contains(event) {
            if self.receive_until(limit)?.is_none() {
                let happened = format!("what happened: {:?}", self.events);
                return Err(self.context.fail(format!("{event:?}"), happened));
            }
        }
        Ok(())
    }

    /// Does what everybody does for a while.
    pub(super) fn idle(&mut self, span: Duration) -> Result {
        let limit = Instant::now() + span;
        while self.receive_until(limit)?.is_some() {}
        Ok(())
    }

    pub(super) fn request(&mut self, request: Request) -> Result {
        self.n += 1;
        self.repeat(request)
    }

    pub(super) fn repeat(&self, request: Request) -> Result {
        let (token, n) = (self.token, self.n);
        self.socket
            .send(&Question::Request { token, n, request }.pack())
    }

    /// Has all events up to this one, or says so.
    pub(super) fn acknowledge(&self, upto: u64) -> Result {
        let token = self.token;
        self.socket.send(&Question::Ack { token, upto }.pack())
    }

    /// Waits until the server has done what was asked for.
    pub(super) fn await_ack(&mut self) -> Result {
        let n = self.n;
        let what = format!("an ack with \"n\": {n}");
        let done = self.await_answer(&what, |answer| match answer {
            Answer::Ack(done) => Some(*done),
            _ => None,
        })?;
        if done == n {
            return Ok(());
        }
        Err(self.context.fail(what, format!("one with \"n\": {done}")))
    }

    pub(super) fn say(&mut self, text: &str) -> Result {
        self.request(Request::Say(text.to_owned()))?;
        self.await_ack()
    }

    /// Who said what here, for which time, in the order in which it came.
    fn heard(&self) -> Vec<(&str, u64, &str)> {
        let said = self.events.iter().filter_map(|event| match event {
            Event::Say { name, n, text } => Some((name.as_str(), *n, text.as_str())),
            _ => None,
        });
        said.collect()
    }

    pub(super) fn expect_heard(&self, expected: &[(&str, u64, &str)]) -> Result {
        let heard = self.heard();
        if heard == expected {
            return Ok(());
        }
        let shown = |what: &[(&str, u64, &str)]| format!("{} hears {what:?}", self.name);
        Err(self.context.fail(shown(expected), shown(&heard)))
    }
}
