//! How many clients the server of frames takes at a time: each may send the half of a long text, which the server keeps for
//! as long as the client likes.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use common::header;
use lab::pairs::{Language, PAIRS, Side};
use lab::run::executables;
use lab::run::process::Process;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;

const FRAMED: u8 = 20;

/// How long a busy machine may take for so many threads.
const LIMIT: Duration = Duration::from_mins(5);

const MOST: usize = 2000;

/// So many descriptors has each side at least.
const DESCRIPTORS: u64 = 2100;

/// Whether each side may have enough descriptors; gives them to this process and its children.
fn has_descriptors() -> bool {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let is_enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= DESCRIPTORS);
    if !is_enough(maximum) {
        tests::skip("more clients than are taken", "ulimit -Hn is too low");
        return false;
    }
    if !is_enough(current) {
        let current = Some(DESCRIPTORS);
        setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
    }
    true
}

#[test]
fn one_client_more_than_the_server_of_frames_takes_is_refused_and_the_others_stay() {
    if !has_descriptors() {
        return;
    }
    let program = PAIRS.iter().find(|program| program.number == FRAMED);
    let frame = |text: &str| header::pack_json(&json!({"data_size": 5}), text.as_bytes()).unwrap();
    let (question, answer) = (frame("hello"), frame("HELLO"));
    for language in [Language::Rust, Language::Python] {
        if language == Language::Python && !tests::python_or_skip("the stalled frames") {
            return;
        }
        let mut command = executables::command(program.unwrap(), Side::Server, language).unwrap();
        let server = Process::start(command.args(["--port", "0"])).unwrap();
        let address = server.ready(LIMIT).unwrap();
        let connect = || {
            let client = TcpStream::connect(address).unwrap();
            client.set_read_timeout(Some(LIMIT)).unwrap();
            client
        };
        let mut clients: Vec<_> = std::iter::repeat_with(connect).take(MOST).collect();
        for client in &mut clients {
            client.write_all(&question[..question.len() - 1]).unwrap();
        }
        let finish = |client: &mut TcpStream| {
            client.write_all(b"o").unwrap();
            let mut received = vec![0; answer.len()];
            client.read_exact(&mut received).unwrap();
            assert_eq!(received, answer, "{language:?}");
        };
        // Accepted last: when it has its answer, all have their threads.
        finish(&mut clients[MOST - 1]);
        let refused = connect().read(&mut [0]);
        assert!(matches!(refused, Ok(0)), "{language:?}: {refused:?}");
        let why = ": refused, no thread can be started: 2000 are running";
        let told = |text: &str| text.contains(why).then_some(());
        let told = server.stderr().wait_for(LIMIT, told);
        assert!(told.is_some(), "{language:?}: {}", server.stderr().text());
        finish(&mut clients[0]);
    }
}
