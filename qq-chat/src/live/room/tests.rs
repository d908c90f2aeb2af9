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
