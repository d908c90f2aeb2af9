use super::wire::REFUSALS;
use super::*;

const TOKEN: Secret<16> = Secret([0xa5; 16]);

fn questions() -> Vec<Question> {
    let request = |request| Question::Request {
        token: TOKEN,
        n: 7,
        request,
    };
    vec![
        Question::Join {
            name: "小明".to_owned(),
            cookie: Secret([1, 2, 3, 4, 5, 6, 7, 0xff]),
        },
        request(Request::Say("grüß \u{1b}[2J \"dich\"".to_owned())),
        request(Request::Who(String::new())),
        request(Request::Leave),
        Question::Ack {
            token: TOKEN,
            upto: 0,
        },
        Question::Ping(TOKEN),
        Question::Pong(TOKEN),
    ]
}

fn answers() -> Vec<Answer> {
    let event = |event| Answer::Event { number: 41, event };
    let mut answers = vec![
        Answer::Cookie(Secret([9; 8])),
        Answer::Joined {
            token: TOKEN,
            upto: 40,
        },
        Answer::Ack(7),
        Answer::People {
            n: 7,
            names: vec!["anna".to_owned(), "bob".to_owned()],
            more: true,
        },
        event(Event::Join("anna".to_owned())),
        event(Event::Say {
            name: "anna".to_owned(),
            n: 7,
            text: "hi".to_owned(),
        }),
        event(Event::Write {
            address: "[::1]:8080".to_owned(),
            text: "hi".to_owned(),
        }),
        event(Event::Leave("anna".to_owned())),
        event(Event::Vanish("anna".to_owned())),
        Answer::Ping,
        Answer::Pong,
    ];
    answers.extend(REFUSALS.map(Answer::Error));
    answers
}

#[test]
fn what_is_packed_is_unpacked() {
    for question in questions() {
        assert_eq!(Question::unpack(&question.pack()), Ok(Some(question)));
    }
    for answer in answers() {
        assert_eq!(Answer::unpack(&answer.pack()), Some(answer));
    }
}

#[test]
fn the_bytes_are_those_of_pythons_json_dumps() {
    let said = &questions()[1].pack();
    assert_eq!(
        str::from_utf8(said).unwrap(),
        r#"{"v": 1, "kind": "say", "token": "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5", "n": 7, "text": "gr\u00fc\u00df \u001b[2J \"dich\""}"#
    );
}

#[test]
fn the_longest_of_everything_is_within_the_longest_datagram() {
    let long = Answer::Event {
        number: i64::MAX as u64,
        event: Event::Say {
            name: "小".repeat(10),
            n: i64::MAX as u64,
            text: "\u{1b}".repeat(MOST_TEXT),
        },
    };
    assert!(long.pack().len() <= MOST_BYTES);
    assert_eq!(Answer::unpack(&long.pack()), Some(long));
    let people = Answer::People {
        n: 1,
        names: vec!["小".repeat(10); NAMES_AT_ONCE],
        more: true,
    };
    assert!(people.pack().len() <= MOST_BYTES);
}

#[test]
fn what_is_not_as_the_table_says_is_nothing() {
    let token = "a5".repeat(16);
    for wrong in [
        String::new(),
        "hello".to_owned(),
        "[1]".to_owned(),
        r#"{"v": 1}"#.to_owned(),
        r#"{"kind": "ping"}"#.to_owned(),
        r#"{"v": 1, "kind": "shout"}"#.to_owned(),
        r#"{"v": 1, "kind": "join", "name": "anna"}"#.to_owned(),
        r#"{"v": 1, "kind": "join", "name": 3, "cookie": "0000000000000000"}"#.to_owned(),
        r#"{"v": 1, "kind": "leave", "token": "a5", "n": 1}"#.to_owned(),
        format!(
            r#"{{"v": 1, "kind": "leave", "token": "{}", "n": 1}}"#,
            token.to_uppercase()
        ),
        format!(r#"{{"v": 1, "kind": "leave", "token": "{token}", "n": 0}}"#),
        format!(r#"{{"v": 1, "kind": "leave", "token": "{token}", "n": -1}}"#),
        format!(r#"{{"v": 1, "kind": "leave", "token": "{token}", "n": 1.5}}"#),
        format!(r#"{{"v": 1, "kind": "leave", "token": "{token}", "n": 9223372036854775808}}"#),
        format!(r#"{{"v": 1, "kind": "say", "token": "{token}", "n": 1, "text": ""}}"#),
        format!(
            r#"{{"v": 1, "kind": "say", "token": "{token}", "n": 1, "text": "{}"}}"#,
            "x".repeat(MOST_TEXT + 1)
        ),
        format!(r#"{{"v": 1, "kind": {}1"#, "[".repeat(3000)),
        format!(
            r#"{{"v": 1, "kind": "ping", "token": "{token}", "x": "{}"}}"#,
            "x".repeat(MOST_BYTES)
        ),
    ] {
        assert_eq!(Question::unpack(wrong.as_bytes()), Ok(None), "{wrong:.80}");
        assert_eq!(Answer::unpack(wrong.as_bytes()), None, "{wrong:.80}");
    }
}

#[test]
fn whoever_hears_of_a_name_asks_no_unicode_what_it_is_made_of() {
    // U+E000 is no letter in any Unicode, as U+1E4D0 was none before 15.
    let event = |name: &str| {
        let name = name.to_owned();
        let event = Event::Join(name);
        Answer::Event { number: 1, event }
    };
    let people = |count| Answer::People {
        n: 1,
        names: vec!["\u{e000}".to_owned(); count],
        more: false,
    };
    for known in [
        event("\u{1e4d0}\u{e000}"),
        event(&"x".repeat(MOST_NAME)),
        people(NAMES_AT_ONCE),
    ] {
        assert_eq!(Answer::unpack(&known.pack()), Some(known));
    }
    for wrong in [
        event(""),
        event(&"x".repeat(MOST_NAME + 1)),
        people(NAMES_AT_ONCE + 1),
    ] {
        assert_eq!(Answer::unpack(&wrong.pack()), None);
    }
}

#[test]
fn another_version_is_told_apart_from_nonsense() {
    let later = br#"{"v": 2, "kind": "join", "name": "anna"}"#;
    assert_eq!(Question::unpack(later), Err(Refusal::Version));
    assert_eq!(Question::unpack(br#"{"v": 2}"#), Ok(None));
}

#[test]
fn of_another_version_an_error_alone_counts() {
    let error = br#"{"v": 2, "kind": "error", "error": "version"}"#;
    assert_eq!(Answer::unpack(error), Some(Answer::Error(Refusal::Version)));
    assert_eq!(Answer::unpack(br#"{"v": 2, "kind": "ping"}"#), None);
}

#[test]
fn a_name_looks_like_nothing_else() {
    for good in ["anna", "小明", "zoë", "a.b_c-1", &"x".repeat(32)] {
        assert!(is_name(good), "{good}");
    }
    for bad in [
        "",
        "anna b",
        "*",
        "[::1]:80",
        "a:b",
        "a\u{1b}",
        "a\u{200b}",
        "a\u{202e}b",
        &"x".repeat(33),
    ] {
        assert!(!is_name(bad), "{bad:?}");
    }
}

#[test]
fn a_line_shows_what_a_terminal_would_obey() {
    let event = Event::Say {
        name: "anna".to_owned(),
        n: 1,
        text: "a\u{1b}[2J\nb".to_owned(),
    };
    assert_eq!(event.line(), "anna: a\\x1b[2J\\nb");
}
