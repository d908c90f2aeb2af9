//! The client of the chat in which everybody may write at any time, and the checker as its server: one that loses,
//! repeats and mixes up what it sends.

use std::time::{Duration, Instant};

use common::notation;
use qq_chat::live::datagram::{Answer, Event, MOST_TEXT, Question, Refusal, Request, Secret};

use crate::check::catalogue::clients::client::UdpClient;
use crate::check::catalogue::live::expect_pauses;
use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::trial::{Result, Stop};

const COOKIE: Secret<8> = Secret([0xc0; 8]);
const OLD_COOKIE: Secret<8> = Secret([0x0c; 8]);
const TOKEN: Secret<16> = Secret([0x70; 16]);

/// The number of the last event before the client came.
const BEFORE: u64 = 40;

/// So long nothing must come.
const SILENCE: Duration = Duration::from_millis(300);

/// Receives a datagram of the chat.
fn receive(server: &mut Datagrams) -> Result<Question> {
    let datagram = server.receive()?;
    match Question::unpack(&datagram) {
        Ok(Some(question)) => Ok(question),
        _ => Err(server.fail("a datagram as the table has it", notation::bytes(&datagram))),
    }
}

/// Receives a wish to join: the name, and the cookie.
pub(crate) fn receive_join(server: &mut Datagrams) -> Result<(String, Secret<8>)> {
    match receive(server)? {
        Question::Join { name, cookie } => Ok((name, cookie)),
        other => Err(server.fail("a datagram \"join\"", format!("{other:?}"))),
    }
}

/// Gives a cookie until the client asks with it, and returns the name that it asks for.
fn await_join(context: &Context, server: &mut Datagrams, given: Secret<8>) -> Result<String> {
    let limit = context.limit();
    loop {
        let (name, cookie) = receive_join(server)?;
        if cookie == given {
            return Ok(name);
        }
        if Instant::now() > limit {
            return Err(context.fail("a join with the cookie", format!("{cookie:?} again")));
        }
        server.send(&Answer::Cookie(given).pack())?;
    }
}

/// A client that is in, and its server.
struct Guest<'a> {
    context: &'a Context<'a>,
    client: UdpClient,
    name: String,
    /// The number of the last event.
    number: u64,
    /// What the person asked for last, and what was answered last.
    asked: Option<(u64, Request)>,
    answered: Option<(u64, Request)>,
}

impl<'a> Guest<'a> {
    /// Lets the client in.
    fn enter(context: &'a Context<'a>) -> Result<Self> {
        let mut client = UdpClient::start(context)?;
        let name = await_join(context, &mut client.server, COOKIE)?;
        Self::admit(context, client, name)
    }

    /// Says that it is in; the first thing that happens is that it has come.
    fn admit(context: &'a Context<'a>, client: UdpClient, name: String) -> Result<Self> {
        let joined = Answer::Joined {
            token: TOKEN,
            upto: BEFORE,
        };
        client.server.send(&joined.pack())?;
        let mut guest = Self {
            context,
            client,
            name,
            number: BEFORE,
            asked: None,
            answered: None,
        };
        guest.happen(Event::Join(guest.name.clone()))?;
        Ok(guest)
    }

    fn send(&self, number: u64, event: Event) -> Result {
        self.client
            .server
            .send(&Answer::Event { number, event }.pack())
    }

    /// The next event happens.
    fn happen(&mut self, event: Event) -> Result {
        self.number += 1;
        self.send(self.number, event)
    }

    fn bob_says(&mut self, text: &str) -> Result {
        let event = bob(text);
        self.happen(event)
    }

    /// Waits for something that the client sends; acknowledgements and the like may come before it.
    fn await_question<T>(
        &mut self,
        what: &str,
        mut wanted: impl FnMut(&Question) -> Option<T>,
    ) -> Result<T> {
        let limit = self.context.limit();
        loop {
            let Some(datagram) = self.client.server.receive_until(limit)? else {
                return Err(self.context.fail(what, "it has not come"));
            };
            let Ok(Some(question)) = Question::unpack(&datagram) else {
                let shown = notation::bytes(&datagram);
                return Err(self.context.fail("a datagram as the table has it", shown));
            };
            if let Some(found) = wanted(&question) {
                return Ok(found);
            }
        }
    }

    /// Waits for what the person asks for, with its number.
    fn await_request(&mut self, n: u64, expected: &Request) -> Result {
        let what = format!("{expected:?} with \"n\": {n}");
        let answered = self.answered.clone();
        let (found, request) = self.await_question(&what, |question| match question {
            Question::Request { token, n, request } if *token == TOKEN => {
                // What is answered may have been sent once more before the answer came.
                Some((*n, request.clone())).filter(|asked| Some(asked) != answered.as_ref())
            }
            _ => None,
        })?;
        if (found, &request) != (n, expected) {
            let happened = format!("{request:?} with \"n\": {found}");
            return Err(self.context.fail(what, happened));
        }
        self.asked = Some((found, request));
        Ok(())
    }

    /// Answers what the person asked for last.
    fn ack(&mut self, n: u64) -> Result {
        self.answered = self.asked.take();
        self.client.server.send(&Answer::Ack(n).pack())
    }

    fn await_ack(&mut self, number: u64) -> Result {
        let what = format!("an ack with \"upto\": {number}");
        self.await_question(&what, |question| match question {
            Question::Ack { token, upto } => (*token == TOKEN && *upto == number).then_some(()),
            _ => None,
        })
    }

    /// Waits until the screen shows `line`, and returns what stands before it.
    fn shown_before(&mut self, line: &str) -> Result<String> {
        self.client.program.await_screen(line)
    }
}

fn bob(text: &str) -> Event {
    Event::Say {
        name: "bob".to_owned(),
        n: 1,
        text: text.to_owned(),
    }
}

fn say(text: &str) -> Request {
    Request::Say(text.to_owned())
}

pub(crate) fn join(context: &Context) -> Result {
    Guest::enter(context)?.await_ack(BEFORE + 1)
}

pub(crate) fn lost_join(context: &Context) -> Result {
    let repeated = |stop: Stop| stop.while_("a join that is not answered is sent again");
    let mut client = UdpClient::start(context)?;
    let server = &mut client.server;
    // The first is lost, and then the first with the cookie.
    receive_join(server)?;
    receive_join(server).map_err(repeated)?;
    await_join(context, server, OLD_COOKIE)?;
    receive_join(server).map_err(repeated)?;
    // The server is started again: the cookie is not right any more.
    let name = await_join(context, server, COOKIE)
        .map_err(|stop| stop.while_("another cookie takes the place of the first"))?;
    let mut guest = Guest::admit(context, client, name)?;
    guest.await_ack(BEFORE + 1)
}

pub(crate) fn types(context: &Context) -> Result {
    let mut guest = Guest::enter(context)?;
    for (n, line) in (1..).zip(["hello", "  wörld 你好 "]) {
        guest.client.program.type_line(line)?;
        guest.await_request(n, &say(line.trim()))?;
        guest.ack(n)?;
    }
    // An empty one says nothing.
    guest.client.program.type_line("")?;
    guest.client.program.type_line("bye")?;
    guest.await_request(3, &say("bye"))
}

pub(crate) fn reads_while_it_waits(context: &Context) -> Result {
    let mut guest = Guest::enter(context)?;
    guest.bob_says("are you there?")?;
    guest.shown_before("are you there?")?;
    guest.client.program.type_line("yes")?;
    // It is not answered yet.
    guest.await_request(1, &say("yes"))?;
    guest.bob_says("say something")?;
    guest.shown_before("say something").map(drop)
}

pub(crate) fn screen(context: &Context) -> Result {
    let mut guest = Guest::enter(context)?;
    let name = guest.name.clone();
    guest.happen(Event::Join("bob".to_owned()))?;
    guest.bob_says("hello")?;
    guest.happen(Event::Write {
        address: "127.0.0.1:53814".to_owned(),
        text: "hi".to_owned(),
    })?;
    guest.happen(Event::Leave("bob".to_owned()))?;
    guest.happen(Event::Vanish("carl".to_owned()))?;
    guest.client.program.expect_screen(&format!(
        "* you are {name}: /who tells who is here, /quit ends\n* {name} has come\n* bob has come\nbob: hello\n\
         [127.0.0.1:53814]: hi\n* bob has left\n* carl has vanished\n"
    ))
}

pub(crate) fn leave(context: &Context) -> Result {
    let mut guest = Guest::enter(context)?;
    guest.client.program.type_line("bye")?;
    guest.client.program.end_input();
    guest.await_request(1, &say("bye"))?;
    guest.ack(1)?;
    guest.await_request(2, &Request::Leave)?;
    guest.ack(2)?;
    guest.client.program.rest_at_success().map(drop)
}

pub(crate) fn order(context: &Context) -> Result {
    let mut guest = Guest::enter(context)?;
    let first = guest.number + 1;
    for (number, text) in [
        (2, "three"),
        (0, "one"),
        (0, "one"),
        (1, "two"),
        (2, "three"),
    ] {
        guest.send(first + number, bob(text))?;
    }
    guest.send(first + 3, bob("end"))?;
    let shown = guest.shown_before("bob: end\n")?;
    let expected = "bob: one\nbob: two\nbob: three\n";
    if !shown.ends_with(expected) || shown.matches("bob: ").count() != 3 {
        return Err(context.fail(format!("{expected:?}, once"), format!("{shown:?}")));
    }
    // One is missing before the next, and is not acknowledged with it.
    let last = first + 3;
    guest.await_ack(last)?;
    guest.send(last + 2, bob("early"))?;
    let upto = guest.await_question("an ack", |question| match question {
        Question::Ack { upto, .. } => Some(*upto),
        _ => None,
    })?;
    if upto == last {
        return Ok(());
    }
    let expected = format!("an ack with \"upto\": {last}: what is next has not come");
    Err(context.fail(expected, format!("\"upto\": {upto}")))
}

pub(crate) fn again(context: &Context) -> Result {
    const TIMES: usize = 4;
    let mut guest = Guest::enter(context)?;
    let second = Instant::now() + Duration::from_secs(1);
    guest.client.program.type_line("hello")?;
    let mut copies = 0;
    while copies < TIMES || Instant::now() < second {
        guest.await_request(1, &say("hello")).map_err(|stop| {
            stop.while_("what is not answered is sent again, three times at least")
        })?;
        copies += 1;
        // It answers something else.
        guest.client.server.send(&Answer::Ack(2).pack())?;
        expect_pauses(context, copies, second)?;
    }
    guest.ack(1)?;
    // What was on its way comes before the acknowledgement of what happens now.
    guest.bob_says("hi")?;
    guest.await_ack(guest.number)?;
    let limit = Instant::now() + 3 * SILENCE;
    while let Some(datagram) = guest.client.server.receive_until(limit)? {
        if let Ok(Some(Question::Request { .. })) = Question::unpack(&datagram) {
            let shown = notation::bytes(&datagram);
            return Err(context.fail("what is answered is not sent again", shown));
        }
    }
    // A goodbye is a request as any other.
    guest.client.program.end_input();
    for _ in 0..2 {
        guest.await_request(2, &Request::Leave)?;
    }
    Ok(())
}

pub(crate) fn lost_ack(context: &Context) -> Result {
    let mut guest = Guest::enter(context)?;
    guest.bob_says("hello")?;
    let number = guest.number;
    guest.await_ack(number)?;
    for _ in 0..2 {
        guest.send(number, bob("hello"))?;
        guest.await_ack(number)?;
    }
    Ok(())
}

pub(crate) fn ping(context: &Context) -> Result {
    let mut guest = Guest::enter(context)?;
    for _ in 0..2 {
        guest.client.server.send(&Answer::Ping.pack())?;
        guest.await_question("a pong with the token", |question| {
            (*question == Question::Pong(TOKEN)).then_some(())
        })?;
    }
    Ok(())
}

pub(crate) fn stranger(context: &Context) -> Result {
    let mut guest = Guest::enter(context)?;
    let stranger = context.stranger()?;
    let lie = Answer::Event {
        number: guest.number + 1,
        event: bob("believe me"),
    };
    stranger.send_to(&lie.pack(), guest.client.server.peer()?)?;
    guest.bob_says("end")?;
    let shown = guest.shown_before("bob: end")?;
    if shown.contains("believe me") {
        return Err(context.fail("nothing of a stranger's", format!("{shown:?}")));
    }
    Ok(())
}

pub(crate) fn refused(context: &Context) -> Result {
    for refusal in [Refusal::Taken, Refusal::Full, Refusal::Version] {
        let mut client = UdpClient::start(context)?;
        receive_join(&mut client.server)?;
        client.server.send(&Answer::Error(refusal).pack())?;
        client.expect_error()?;
    }
    Ok(())
}

pub(crate) fn too_long(context: &Context) -> Result {
    let mut guest = Guest::enter(context)?;
    let program = &mut guest.client.program;
    program.type_line(&"x".repeat(MOST_TEXT + 1))?;
    program.type_line(&"好".repeat(MOST_TEXT / 3 + 1))?;
    program.type_line("short")?;
    guest.await_request(1, &say("short"))
}

pub(crate) fn hostile(context: &Context) -> Result {
    let mut guest = Guest::enter(context)?;
    for datagram in [
        b"hello".to_vec(),
        b"\xff\0".to_vec(),
        Vec::new(),
        br#"{"v": 1, "kind": "say", "number": 42, "name": "", "n": 1, "text": "x"}"#.to_vec(),
        br#"{"v": 1, "kind": "people", "n": 1, "names": 3, "more": true}"#.to_vec(),
        br#"{"v": 1, "kind": "ack", "n": 1}"#.to_vec(),
        b"{\"a\":[".repeat(600),
        vec![b'['; 60_000],
    ] {
        guest.client.server.send(&datagram)?;
    }
    // Far before what can be on its way.
    guest.send(u64::MAX >> 1, bob("far"))?;
    guest.bob_says("end")?;
    let shown = guest.shown_before("bob: end\n")?;
    if shown.contains("far") {
        return Err(context.fail("what comes too early waits", format!("{shown:?}")));
    }
    guest.client.program.expect_idle()
}

pub(crate) fn control_characters(context: &Context) -> Result {
    let mut guest = Guest::enter(context)?;
    guest.client.program.type_line("/who")?;
    guest.await_request(1, &Request::Who(String::new()))?;
    let people = Answer::People {
        n: 1,
        names: vec!["\x1b[2J".to_owned()],
        more: false,
    };
    guest.client.server.send(&people.pack())?;
    guest.bob_says("a\0b\x07c\rd\x1b[2J\x1b]0;mine\x07\n* carl has come end")?;
    // The first line of the screen has " ends" in it.
    guest.shown_before("come end")?;
    guest.client.program.expect_harmless_screen(&[])
}
