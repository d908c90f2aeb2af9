//! The server of the chat in which everybody may write at any time.

use std::time::{Duration, Instant};

use common::notation;
use qq_chat::live::datagram::{Answer, Event, MOST_TEXT, Question, Refusal, Request, Secret};

use crate::check::engine::context::Context;
use crate::check::engine::trial::Result;

mod person;

use person::Person;

/// So long nothing must come, or happen.
const SILENCE: Duration = Duration::from_millis(300);

/// How long our server waits for somebody who is silent.
const PATIENCE: &[&str] = &["--patience", "2"];

/// How long another one may wait.
const LONGEST_PATIENCE: Duration = Duration::from_secs(20);

fn said(name: &str, n: u64, text: &str) -> Event {
    Event::Say {
        name: name.to_owned(),
        n,
        text: text.to_owned(),
    }
}

pub(super) fn join(context: &Context) -> Result {
    let server = context.server()?;
    let mut anna = Person::join(context, &server, "anna")?;
    let bob = Person::join(context, &server, "bob")?;
    // Of two random tokens one byte in 256 is the same. One that counts differs in its end, one of the time too.
    let pairs = anna.token.0.iter().zip(bob.token.0);
    let same = pairs.filter(|(one, other)| **one == *other).count();
    if same > anna.token.0.len() / 2 || bob.token == Secret::UNKNOWN {
        let happened = format!("two have {same} of 16 bytes in common");
        return Err(context.fail("a token that nobody can guess", happened));
    }
    anna.await_event(&Event::Join("bob".to_owned()))
}

pub(super) fn say(context: &Context) -> Result {
    const TEXTS: [&str; 3] = ["hello", "wörld 你好 \"x\"", "bye"];
    let server = context.server()?;
    let mut anna = Person::join(context, &server, "anna")?;
    let mut bob = Person::join(context, &server, "bob")?;
    for text in TEXTS {
        anna.say(text)?;
    }
    let last = said("anna", 3, "bye");
    let all: Vec<_> = (1..)
        .zip(TEXTS)
        .map(|(n, text)| ("anna", n, text))
        .collect();
    for person in [&mut anna, &mut bob] {
        person.await_event(&last)?;
        person.expect_heard(&all)?;
    }
    Ok(())
}

pub(super) fn who(context: &Context) -> Result {
    const NAMES: [&str; 20] = [
        "n01", "n02", "n03", "n04", "n05", "n06", "n07", "n08", "n09", "n10", "n11", "n12", "n13",
        "n14", "n15", "n16", "n17", "n18", "n19", "n20",
    ];
    let server = context.server()?;
    let mut people = Vec::new();
    for name in NAMES {
        people.push(Person::join(context, &server, name)?);
    }
    let anna = &mut people[0];
    let mut all = Vec::new();
    loop {
        let after = all.last().cloned().unwrap_or_default();
        anna.request(Request::Who(after))?;
        let wanted = anna.n;
        let (names, more) = anna.await_answer("the people", |answer| match answer {
            Answer::People { n, names, more } if *n == wanted => Some((names.clone(), *more)),
            _ => None,
        })?;
        let goes_on = more && !names.is_empty();
        all.extend(names);
        if !goes_on {
            break;
        }
    }
    if all == NAMES {
        return Ok(());
    }
    Err(context.fail(format!("the names {NAMES:?}"), format!("{all:?}")))
}

pub(super) fn leave(context: &Context) -> Result {
    let server = context.server()?;
    let mut anna = Person::join(context, &server, "anna")?;
    let mut bob = Person::join(context, &server, "bob")?;
    bob.request(Request::Leave)?;
    bob.await_ack()?;
    anna.await_event(&Event::Leave("bob".to_owned()))?;
    // The name is free again, for another one; then the address is, and its token is another.
    let mut other = Person::join(context, &server, "bob")?;
    other.request(Request::Leave)?;
    other.await_ack()?;
    let before = bob.token;
    bob.enter()?;
    if bob.token == before {
        let expected = "another token than before: who had the address then may have it still";
        return Err(context.fail(expected, "the same"));
    }
    Ok(())
}

pub(super) fn lesson(context: &Context) -> Result {
    let server = context.server()?;
    let mut anna = Person::join(context, &server, "anna")?;
    let mut visitor = server.datagrams()?;
    for text in ["hi", "is anybody here, or am I alone?"] {
        visitor.send(text.as_bytes())?;
        let answer = visitor.receive()?;
        if answer.len() >= text.len() {
            return Err(context.fail(
                format!("an answer that is shorter than {} bytes", text.len()),
                notation::bytes(&answer),
            ));
        }
        let address = visitor.local()?.to_string();
        let text = text.to_owned();
        anna.await_event(&Event::Write { address, text })?;
    }
    Ok(())
}

pub(super) fn screen(context: &Context) -> Result {
    let mut server = context.server()?;
    let mut anna = Person::join(context, &server, "anna")?;
    anna.say("hello")?;
    anna.request(Request::Leave)?;
    server
        .program()?
        .expect_screen("* anna has come\nanna: hello\n* anna has left\n")
}

pub(super) fn twice(context: &Context) -> Result {
    let server = context.server()?;
    let mut anna = Person::join(context, &server, "anna")?;
    let mut bob = Person::join(context, &server, "bob")?;
    anna.say("hello")?;
    for _ in 0..2 {
        // The answer was lost.
        anna.repeat(Request::Say("hello".to_owned()))?;
        anna.await_ack()?;
    }
    anna.say("bye")?;
    bob.await_event(&said("anna", 2, "bye"))?;
    bob.expect_heard(&[("anna", 1, "hello"), ("anna", 2, "bye")])?;
    // One that comes late, and one that leaves out a number.
    for n in [1, 4] {
        anna.n = n;
        anna.repeat(Request::Say(format!("n {n}")))?;
    }
    anna.n = 2;
    anna.say("end")
        .map_err(|stop| stop.while_("any other n than the next and the last is passed over"))?;
    bob.await_event(&said("anna", 3, "end"))?;
    bob.expect_heard(&[("anna", 1, "hello"), ("anna", 2, "bye"), ("anna", 3, "end")])
}

/// Fails if so many copies have come before the end of the first `second`: what is sent again is sent after a while.
pub(super) fn expect_pauses(context: &Context, copies: usize, second: Instant) -> Result {
    const MOST: usize = 10;
    if copies <= MOST || Instant::now() >= second {
        return Ok(());
    }
    let expected = format!("it is sent again after a while, {MOST} times in a second at most");
    Err(context.fail(expected, format!("{copies} times")))
}

/// Takes what comes to a person who is heard and does not acknowledge it, until the first that they lack, which has not
/// happened before `begun`, has come `times` times.
fn expect_copies(context: &Context, person: &mut Person, begun: Instant, times: usize) -> Result {
    let limit = context.limit();
    let second = begun + Duration::from_secs(1);
    let lacks = person.upto + 1;
    let mut copies = 0;
    let mut ping_at = begun;
    while Instant::now() < second || copies < times && Instant::now() < limit {
        if Instant::now() >= ping_at {
            person.socket.send(&Question::Ping(person.token).pack())?;
            ping_at = Instant::now() + SILENCE / 2;
        }
        let Some(datagram) = person.socket.receive_until(ping_at)? else {
            continue;
        };
        match person.read(&datagram)? {
            Answer::Event { number, .. } if number < lacks => {
                let expected = "nothing of what happened before a person came, or was acknowledged";
                return Err(context.fail(expected, format!("event {number} comes")));
            }
            Answer::Event { number, .. } if number == lacks => copies += 1,
            Answer::Event { .. } => {}
            other => person.take(&other)?,
        }
        expect_pauses(context, copies, second)?;
    }
    if copies < times {
        return Err(context.fail(
            format!("it is sent {times} times to who does not acknowledge it"),
            format!("{copies} times"),
        ));
    }
    Ok(())
}

/// Bob gets what happens, and seems not to.
pub(super) fn lost(context: &Context) -> Result {
    let server = context.server()?;
    let mut anna = Person::join(context, &server, "anna")?;
    anna.say("before")?;
    let mut bob = Person::new(context, &server, "bob")?;
    let begun = Instant::now();
    bob.enter()?;
    anna.say("hello")?;
    expect_copies(context, &mut bob, begun, 4)?;
    // He has all now: that he has come, and what was said. An older acknowledgement comes late.
    bob.upto += 2;
    bob.acknowledge(bob.upto)?;
    bob.acknowledge(bob.upto - 1)?;
    // What was on its way comes before the answer to what is asked now.
    bob.socket.send(&Question::Ping(bob.token).pack())?;
    bob.await_answer("pong", |answer| (*answer == Answer::Pong).then_some(()))?;
    let limit = Instant::now() + 3 * SILENCE;
    while let Some(answer) = bob.receive_until(limit)? {
        if let Answer::Event { number, .. } = answer {
            let expected = "nothing more is sent of what was acknowledged";
            return Err(context.fail(expected, format!("event {number} comes again")));
        }
    }
    // Nobody can have what has not happened yet.
    bob.acknowledge(bob.upto + 100)?;
    let begun = Instant::now();
    anna.say("bye")?;
    expect_copies(context, &mut bob, begun, 2)
        .map_err(|stop| stop.while_("what has not happened yet was acknowledged"))
}

pub(super) fn taken(context: &Context) -> Result {
    let server = context.server()?;
    let _anna = Person::join(context, &server, "anna")?;
    let mut other = Person::new(context, &server, "anna")?;
    let cookie = other.cookie()?;
    other.ask_to_join(cookie)?;
    match other.answer()? {
        Answer::Error(Refusal::Taken) => Ok(()),
        found => Err(context.fail("the error \"taken\"", format!("{found:?}"))),
    }
}

pub(super) fn cookie(context: &Context) -> Result {
    let server = context.server()?;
    let mut anna = Person::join(context, &server, "anna")?;
    let mut first = server.datagrams()?;
    let mut cookies = Vec::new();
    // None, and two that are made up.
    for cookie in [Secret::UNKNOWN, Secret([0x11; 8]), Secret([0xff; 8])] {
        let name = "b".to_owned();
        let question = Question::Join { name, cookie }.pack();
        first.send(&question)?;
        let answer = first.receive()?;
        match Answer::unpack(&answer) {
            Some(Answer::Cookie(cookie)) if answer.len() <= question.len() => cookies.push(cookie),
            _ => {
                return Err(context.fail(
                    format!("a cookie, in {} bytes at most", question.len()),
                    notation::bytes(&answer),
                ));
            }
        }
    }
    let mut second = server.datagrams()?;
    for cookie in cookies {
        let name = "b".to_owned();
        second.send(&Question::Join { name, cookie }.pack())?;
        let answer = second.receive()?;
        if !matches!(Answer::unpack(&answer), Some(Answer::Cookie(_))) {
            let expected = "another cookie: this one was given to another address";
            return Err(context.fail(expected, notation::bytes(&answer)));
        }
    }
    // Nobody came.
    anna.idle(SILENCE)?;
    match anna.events.len() {
        1 => Ok(()),
        _ => Err(context.fail("nobody has come", format!("{:?}", anna.events))),
    }
}

/// The same server, started twice, gives the same address two cookies.
pub(super) fn cookie_key(context: &Context) -> Result {
    let mut client = context.stranger()?;
    let mut cookies = Vec::new();
    for _ in 0..2 {
        let mut server = context.server()?;
        // Somebody else's would be the same server twice.
        server.program()?;
        let (name, cookie) = ("anna".to_owned(), Secret::UNKNOWN);
        client.send_to(&Question::Join { name, cookie }.pack(), server.address())?;
        let answer = client.receive()?;
        match Answer::unpack(&answer) {
            Some(Answer::Cookie(cookie)) => cookies.push(cookie),
            _ => return Err(context.fail("a cookie", notation::bytes(&answer))),
        }
    }
    if cookies[0] != cookies[1] {
        return Ok(());
    }
    let expected = "another cookie from a server that was started again";
    Err(context.fail(expected, "the same: whoever has the program can make it"))
}

pub(super) fn forged(context: &Context) -> Result {
    let server = context.server()?;
    let mut anna = Person::join(context, &server, "anna")?;
    let mut bob = Person::join(context, &server, "bob")?;
    let lie = |token, n| {
        let request = Request::Say("I am anna".to_owned());
        Question::Request { token, n, request }.pack()
    };
    // From her address, as somebody may write it into a datagram, and with her token from another one.
    anna.socket.send(&lie(Secret([7; 16]), 1))?;
    let mut thief = server.datagrams()?;
    thief.send(&lie(anna.token, 1))?;
    let leave = Question::Request {
        token: anna.token,
        n: 1,
        request: Request::Leave,
    };
    thief.send(&leave.pack())?;
    anna.say("it is me")?;
    bob.await_event(&said("anna", 1, "it is me"))?;
    bob.expect_heard(&[("anna", 1, "it is me")])?;
    let longest = leave.pack().len();
    while let Some(answer) = thief.receive_within(SILENCE)? {
        if answer.len() > longest {
            let expected = format!("no answer of more than {longest} bytes");
            return Err(context.fail(expected, notation::bytes(&answer)));
        }
    }
    Ok(())
}

pub(super) fn vanished(context: &Context) -> Result {
    let server = context.launch().flags(PATIENCE).server()?;
    let mut anna = Person::join(context, &server, "anna")?;
    let mut bob = Person::join(context, &server, "bob")?;
    bob.await_event(&Event::Join("bob".to_owned()))?;
    // Bob is silent from now on, whatever is sent in his name; anna answers.
    let limit = Instant::now() + context.time_limit(LONGEST_PATIENCE);
    let vanish = Event::Vanish("bob".to_owned());
    while !anna.events.contains(&vanish) && Instant::now() < limit {
        bob.socket.send(&Question::Ping(Secret([7; 16])).pack())?;
        anna.idle(SILENCE)?;
    }
    anna.await_event_until(limit, &vanish)?;
    anna.say("still here")
}

pub(super) fn too_long(context: &Context) -> Result {
    let server = context.server()?;
    let mut anna = Person::join(context, &server, "anna")?;
    let mut bob = Person::join(context, &server, "bob")?;
    anna.n = 1;
    for text in ["x".repeat(MOST_TEXT + 1), "好".repeat(200), String::new()] {
        anna.repeat(Request::Say(text))?;
    }
    anna.n = 0;
    let longest = "x".repeat(MOST_TEXT);
    anna.say(&longest)?;
    bob.await_event(&said("anna", 1, &longest))?;
    bob.expect_heard(&[("anna", 1, &longest)])
}

pub(super) fn hostile(context: &Context) -> Result {
    let mut server = context.server()?;
    let mut anna = Person::join(context, &server, "anna")?;
    let token = "a5".repeat(16);
    let deep = |open: &str| open.repeat(2000).into_bytes();
    for datagram in [
        br#"{"v": 2, "kind": "x"}"#.to_vec(),
        br#"{"v": 2, "kind": "join", "name": "anna", "cookie": "0000000000000000"}"#.to_vec(),
        format!(r#"{{"v": 1, "kind": "ping", "token": "{token}"}}"#).into_bytes(),
        format!(r#"{{"v":1,"kind":"pong","token":"{token}"}}"#).into_bytes(),
        b"{".to_vec(),
        b"{}".to_vec(),
        br#"{"v": 1, "kind": ["join"]}"#.to_vec(),
        br#"{"v": {"v": 1}, "kind": "join"}"#.to_vec(),
        br#"{"v": 1, "kind": "join", "name": "\ud800", "cookie": "0000000000000000"}"#.to_vec(),
        deep("{\"a\":"),
        deep("{\"a\":["),
        vec![b'{'; 60_000],
        vec![0xff; 60_000],
        vec![0; 3],
        Vec::new(),
    ] {
        let mut stranger = server.datagrams()?;
        stranger.send(&datagram)?;
        if let Some(answer) = stranger.receive_within(SILENCE / 3)?
            && answer.len() > datagram.len()
        {
            return Err(context.fail(
                format!(
                    "an answer of {} bytes at most, as what was sent has",
                    datagram.len()
                ),
                format!("{} bytes: {}", answer.len(), notation::bytes(&answer)),
            ));
        }
    }
    anna.say("still here")?;
    anna.await_event(&said("anna", 1, "still here"))?;
    server.expect_idle()
}

pub(super) fn control_characters(context: &Context) -> Result {
    let mut server = context.server()?;
    let mut anna = Person::join(context, &server, "anna")?;
    anna.say("a\0b\x07c\rd\x1b[2J\x1b]0;mine\x07\n* bob has come end")?;
    server.expect_harmless_screen(" end", &[])
}
