//! The chat in which everybody may write at any time: three people at real terminals type at once, through a wire that
//! loses a fifth of what it carries, repeats and mixes up; each sees everything once and in the same order.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::net::{SocketAddr, UdpSocket};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use lab::pairs::{Language, PAIRS, Pair, Side};
use lab::run::executables::{self, Profile};
use lab::run::process::{PATIENCE, Process};
use qq_chat::live::datagram::{Answer, Question, Refusal, Secret};
use tests::window::Window;

mod wire;

use wire::{Dice, Wire};

/// How many messages each person types.
const MESSAGES: usize = 100;

/// How long all of that may take, on a busy machine.
const LIMIT: Duration = Duration::from_mins(2);

const NAMES: [&str; 3] = ["anna", "bob", "carl"];

fn pair() -> &'static Pair {
    PAIRS
        .iter()
        .find(|pair| pair.name() == "qq-chat/live")
        .unwrap()
}

fn languages(test: &str) -> &'static [Language] {
    if tests::python_or_skip(test) {
        &Language::BOTH
    } else {
        &[Language::Rust]
    }
}

/// Whether the client draws the line that is typed: in Python `prompt_toolkit` does that, if it is there.
fn draws(language: Language) -> bool {
    if language == Language::Rust {
        return true;
    }
    let mut python = Command::new(executables::python().unwrap());
    let imported = python.args(["-c", "import prompt_toolkit"]).output();
    let draws = imported.is_ok_and(|output| output.status.success());
    if !draws {
        tests::skip(
            "the line that is typed, in Python",
            "prompt_toolkit is missing",
        );
    }
    draws
}

/// One side of the pair, without the flags of the table.
fn command(side: Side, language: Language) -> Command {
    match language {
        Language::Rust => Command::new(executables::rust(pair(), side, Profile::Debug).unwrap()),
        Language::Python => {
            let mut command = Command::new(executables::python().unwrap());
            command.arg(executables::python_source(pair(), side));
            command
        }
    }
}

fn server(language: Language, args: &[&str]) -> (Process, SocketAddr) {
    let mut command = command(Side::Server, language);
    let process = Process::start(command.args(["--port", "0"]).args(args)).unwrap();
    let address = process.ready(PATIENCE).unwrap();
    (process, address)
}

/// A client in a terminal, which talks to `port` and has been let in.
fn window(language: Language, name: &str, port: u16) -> Window {
    let mut command = command(Side::Client, language);
    command.args(["--name", name, "--port", &port.to_string()]);
    let window = Window::run(&command, 80).unwrap();
    let is_in = window.shows(&format!("* you are {name}"));
    assert!(is_in, "{language:?} {name}: {}", window.text());
    window
}

/// The lines in which somebody says one of the messages that are typed below, in the order in which they are on the screen. On a
/// terminal they stand among what moves the cursor and colours.
fn messages(screen: &str) -> Vec<String> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for name in NAMES {
        let begin = format!("{name}: m");
        for (at, _) in screen.match_indices(&begin) {
            let text = &screen[at + name.len() + 2..];
            // What is typed has no name before it.
            if let Some(end) = text.find('.') {
                found.push((at, format!("{name} {}", &text[..end])));
            }
        }
    }
    found.sort();
    found.into_iter().map(|(_, message)| message).collect()
}

/// Three people type at once; each sees everything once, in the same order. Returns the windows.
fn all_talk(
    of_server: Language,
    of_clients: [Language; 3],
    seed: u64,
) -> ((Process, SocketAddr), Wire, Vec<Window>) {
    let case = format!("{of_server:?} {of_clients:?}");
    let server = server(of_server, &[]);
    let wire = Wire::new(server.1, seed);
    let people = NAMES.into_iter().zip(of_clients);
    let mut windows: Vec<_> = people
        .map(|(name, language)| window(language, name, wire.port))
        .collect();
    // All see the last one come, and begin.
    for window in &windows {
        assert!(window.shows("* carl has come"), "{case}: {}", window.text());
    }
    thread::scope(|scope| {
        for (window, name) in windows.iter_mut().zip(NAMES) {
            scope.spawn(move || {
                for number in 0..MESSAGES {
                    // A letter at a time, as fast as somebody who hammers on the keys: lines come in between.
                    for key in format!("m{number:03}.\r").chars() {
                        window.press(&key.to_string()).unwrap();
                    }
                    // Of what they say they see themselves, before the next.
                    if number % 10 == 9 {
                        let own = format!("{name}: m{number:03}.");
                        assert!(window.shows_times(&own, 1, LIMIT), "{}", window.text());
                    }
                }
            });
        }
    });
    let mut orders = Vec::new();
    for (window, name) in windows.iter().zip(NAMES) {
        for other in NAMES {
            let last = format!("{other}: m{:03}.", MESSAGES - 1);
            assert!(
                window.shows_times(&last, 1, LIMIT),
                "{case}: {name} does not see {last}: {}",
                window.text()
            );
        }
        let shown = messages(&window.text());
        for other in NAMES {
            let theirs: Vec<_> = shown
                .iter()
                .filter(|message| message.starts_with(other))
                .collect();
            let expected: Vec<_> = (0..MESSAGES)
                .map(|number| format!("{other} m{number:03}"))
                .collect();
            let expected: Vec<_> = expected.iter().collect();
            assert_eq!(theirs, expected, "{case}: {name} sees of {other}");
        }
        orders.push(shown);
    }
    assert_eq!(orders[0], orders[1], "{case}");
    assert_eq!(orders[0], orders[2], "{case}");
    // The wire was bad.
    assert!(wire.lost() > 100);
    (server, wire, windows)
}

fn leave(windows: Vec<Window>) {
    for mut window in windows {
        window.press("/quit\r").unwrap();
        assert_eq!(window.end().unwrap(), 0, "{}", window.text());
    }
}

#[test]
fn three_people_type_at_once_and_each_sees_everything_once_and_in_order() {
    use Language::{Python, Rust};
    let cases: &[(Language, [Language; 3])] = if tests::python_or_skip("the chat with Python") {
        &[
            (Rust, [Rust, Rust, Python]),
            (Rust, [Python, Python, Rust]),
            (Python, [Rust, Python, Rust]),
            (Python, [Python, Rust, Python]),
        ]
    } else {
        &[(Rust, [Rust, Rust, Rust])]
    };
    thread::scope(|scope| {
        for (seed, &(of_server, of_clients)) in (1..).zip(cases) {
            scope.spawn(move || {
                let (_server, _wire, windows) = all_talk(of_server, of_clients, seed * 0x9e37_79b9);
                leave(windows);
            });
        }
    });
}

#[test]
fn who_is_killed_is_told_to_the_others_and_their_name_is_free_again() {
    for &language in languages("the chat with a client that is killed") {
        let (_server, address) = server(language, &["--patience", "2"]);
        let windows: Vec<_> = NAMES[..2]
            .iter()
            .zip([Language::Rust, language])
            .map(|(name, of_client)| window(of_client, name, address.port()))
            .collect();
        let mut third = Process::start(
            command(Side::Client, language)
                .args(["--name", "carl", "--port"])
                .arg(address.port().to_string()),
        )
        .unwrap();
        for window in &windows {
            assert!(window.shows("* carl has come"), "{}", window.text());
        }
        third.kill();
        for window in &windows {
            assert!(window.shows("* carl has vanished"), "{}", window.text());
        }
        let next = window(language, "carl", address.port());
        leave(vec![next]);
        for window in &windows {
            assert!(window.shows("* carl has left"), "{}", window.text());
        }
        leave(windows);
    }
}

#[test]
fn a_line_ends_with_return_or_with_a_newline() {
    for &language in languages("the chat with two keys for Enter") {
        let (_server, address) = server(Language::Rust, &[]);
        let mut anna = window(language, "anna", address.port());
        assert!(!draws(language) || anna.shows(">"), "{}", anna.text());
        // The terminal makes a newline of Return until the program takes it: so comes what was typed before.
        for (line, enter) in [("one", '\r'), ("two", '\n'), ("three", '\r')] {
            anna.press(&format!("{line}{enter}")).unwrap();
            let said = anna.shows(&format!("anna: {line}"));
            assert!(said, "{}", anna.text());
        }
        leave(vec![anna]);
    }
}

#[test]
fn the_line_that_is_typed_stays_whole_under_what_arrives() {
    for &language in languages("the chat with a line that is typed") {
        let (_server, address) = server(Language::Rust, &[]);
        let mut anna = window(language, "anna", address.port());
        let mut bob = window(Language::Rust, "bob", address.port());
        assert!(anna.shows("* bob has come"), "{}", anna.text());
        // What is typed before is echoed by the terminal.
        let draws = draws(language);
        assert!(!draws || anna.shows(">"), "{}", anna.text());
        anna.press("half a li").unwrap();
        assert!(anna.shows("half a li"), "{}", anna.text());
        bob.press("in between\r").unwrap();
        assert!(anna.shows("bob: in between"), "{}", anna.text());
        anna.press("ne\r").unwrap();
        assert!(bob.shows("anna: half a line"), "{}", bob.text());
        // It was drawn again below what came, if there is something that can.
        let text = anna.text();
        let below = text.rsplit("bob: in between").next().unwrap();
        assert!(!draws || below.contains("half a li"), "{text:?}");
        // Ctrl-C leaves too.
        anna.interrupt().unwrap();
        assert!(bob.shows("* anna has left"), "{}", bob.text());
        assert_ne!(anna.end().unwrap(), 0, "{}", anna.text());
        leave(vec![bob]);
    }
}

#[test]
fn a_client_without_its_server_leaves_the_terminal_and_says_why() {
    for &language in languages("the chat without a server") {
        let (mut running, address) = server(Language::Rust, &[]);
        let mut command = command(Side::Client, language);
        let port = address.port().to_string();
        command.args(["--name", "anna", "--timeout", "1", "--port", &port]);
        let mut anna = Window::run(&command, 200).unwrap();
        assert!(anna.shows("* anna has come"), "{}", anna.text());
        running.kill();
        assert_eq!(anna.end().unwrap(), 1, "{}", anna.text());
        let said = format!("Error: no answer from {address} within 1 s: is the server running?");
        assert!(anna.text().contains(&said), "{}", anna.text());
    }
}

/// What a client shows and says whose server answers all that comes with `answer`, and who ends with status 1.
fn refused(language: Language, answer: impl Fn(&Question) -> Vec<u8>) -> (String, String) {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    server
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    let port = server.local_addr().unwrap().port().to_string();
    let mut command = command(Side::Client, language);
    command.args(["--name", "anna", "--timeout", "2", "--port", &port]);
    let mut anna = Process::start(&mut command).unwrap();
    let limit = Instant::now() + LIMIT;
    let mut buffer = vec![0; 65_535];
    loop {
        if let Ok((size, peer)) = server.recv_from(&mut buffer) {
            let question = Question::unpack(&buffer[..size]).unwrap().unwrap();
            server.send_to(&answer(&question), peer).unwrap();
        }
        if let Some(status) = anna.wait(Duration::ZERO).unwrap() {
            assert_eq!(status.code(), Some(1), "{language:?}");
            return (anna.stdout().text(), anna.stderr().text());
        }
        assert!(Instant::now() < limit, "{language:?} still waits");
    }
}

#[test]
fn a_server_of_another_version_is_understood() {
    for &language in languages("the chat of another version") {
        let error = br#"{"v": 2, "kind": "error", "error": "version"}"#;
        let (_, said) = refused(language, |_| error.to_vec());
        let why = "it speaks another version of the chat than 1";
        assert!(said.contains(why), "{language:?}: {said}");
    }
}

#[test]
fn a_refusal_is_no_sign_of_life_to_who_is_in() {
    for &language in languages("the chat with a server that refuses all") {
        let (shown, said) = refused(language, |question| {
            let (token, upto) = (Secret([7; 16]), 0);
            match question {
                Question::Join { .. } => Answer::Joined { token, upto }.pack(),
                _ => Answer::Error(Refusal::Taken).pack(),
            }
        });
        assert!(shown.contains("* you are anna"), "{language:?}: {said}");
        assert!(said.contains("no answer from"), "{language:?}: {said}");
    }
}

#[test]
fn the_lessons_client_is_passed_on_and_answered() {
    let lesson = PAIRS.iter().find(|pair| pair.name() == "qq-chat").unwrap();
    for &language in languages("the chat with the lesson's client") {
        let (_server, address) = server(language, &[]);
        let anna = window(Language::Rust, "anna", address.port());
        for &of_client in languages("the lesson's client in Python") {
            let mut command = executables::command(lesson, Side::Client, of_client).unwrap();
            command.args(["--port", &address.port().to_string()]);
            let mut visitor = Process::start(&mut command).unwrap();
            let text = format!("is anybody here? asks {of_client:?}");
            visitor.type_text(&format!("pony\n{text}\n")).unwrap();
            visitor.end_input();
            assert!(visitor.wait(PATIENCE).unwrap().unwrap().success());
            let shown = visitor.stdout().text();
            assert!(shown.contains("passed on to 1 people"), "{shown}");
            assert!(anna.shows(&format!("]: {text}")), "{}", anna.text());
        }
        leave(vec![anna]);
    }
}

#[test]
fn no_stranger_gets_more_bytes_than_they_sent_and_nobody_is_disturbed() {
    const DATAGRAMS: usize = 3000;
    for &language in languages("the chat with strangers") {
        let (mut running, address) = server(language, &[]);
        let mut anna = window(Language::Rust, "anna", address.port());
        let mut dice = Dice(0x5eed);
        let good = [
            Question::Join {
                name: "mallory".to_owned(),
                cookie: Secret::UNKNOWN,
            }
            .pack(),
            Question::Ping(Secret([7; 16])).pack(),
            Answer::Pong.pack(),
            br#"{"v": 9, "kind": "join"}"#.to_vec(),
            b"plain text".to_vec(),
            b"{\"a\":[".repeat(300),
        ];
        let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
        stranger.set_nonblocking(true).unwrap();
        let other = UdpSocket::bind("127.0.0.1:0").unwrap();
        other.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut answered = 0;
        let mut buffer = vec![0; 65_535];
        for number in 0..DATAGRAMS {
            let mut datagram = good[number % good.len()].clone();
            for _ in 0..dice.next() % 4 {
                let place = usize::try_from(dice.next() % datagram.len() as u64).unwrap();
                datagram[place] = dice.next().to_be_bytes()[3];
            }
            stranger.send_to(&datagram, address).unwrap();
            // What is asked behind it is answered behind it.
            other.send_to(&good[0], address).unwrap();
            let (size, _) = other.recv_from(&mut buffer).unwrap();
            assert!(size < good[0].len());
            while let Ok((size, _)) = stranger.recv_from(&mut buffer) {
                answered += 1;
                assert!(size <= datagram.len(), "{size} for {datagram:?}");
            }
        }
        assert!(answered > DATAGRAMS / 10, "{answered}");
        anna.press("still here\r").unwrap();
        assert!(anna.shows("anna: still here"), "{}", anna.text());
        leave(vec![anna]);
        assert!(running.wait(Duration::ZERO).unwrap().is_none());
    }
}
