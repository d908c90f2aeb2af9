//! Every server, through random conversations: one process lives through all of them, and then
//! serves a client as if nothing had been.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::process::Command;
use std::thread;
use std::time::Duration;

use common::header;
use ftp_class::FileHeader;
use lab::pairs::{Language, PAIRS, Pair, Side, Transport};
use lab::run::executables;
use lab::run::process::{PATIENCE, Process};
use ntp::sntp::packet::{Packet, SERVER};
use ntp::sntp::timestamp::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use qq_chat::live::datagram as live;
use serde_json::json;
use socket2::SockRef;
use tempfile::TempDir;

use crate::mutation::mutated;

/// How many conversations a server is put through.
const CONVERSATIONS: usize = 60;

/// How much a server may grow meanwhile, in KiB.
const MOST_GROWTH: u64 = 64 * 1024;

/// Servers that end with their first session.
const ENDS_BY_ITSELF: &[u8] = &[3, 4, 7, 9, 10];

/// How a client leaves.
#[derive(Clone, Copy, Debug)]
enum Leaving {
    Closes,
    Resets,
    /// Ends its own side and reads what comes.
    Listens,
}

/// What a client sends, piece by piece, and how it leaves.
type Conversation = (Vec<Vec<u8>>, Leaving);

fn conversation(program: &Pair) -> impl Strategy<Value = Conversation> {
    let leaving = prop_oneof![
        Just(Leaving::Closes),
        Just(Leaving::Resets),
        Just(Leaving::Listens)
    ];
    (vec(mutated(good_words(program.number)), 0..5), leaving)
}

/// What a good client of program `number` sends; then things that no good client sends, but that
/// come near.
fn good_words(number: u8) -> Vec<Vec<u8>> {
    let frame = |fields| header::pack_json(&fields, b"hello").unwrap();
    let deep = || header::pack(&b"[{\"\":".repeat(5_000), b"").unwrap();
    let endless = || i32::MAX.to_le_bytes().to_vec();
    match number {
        11 => vec![b"%Y-%m-%d %X".to_vec(), b"%010Y %^a %-d".to_vec()],
        13 => vec![b"get a.txt\n".to_vec(), b"ls\nget a.txt\n".to_vec()],
        14 => vec![
            frame(json!({"file_name": "b.txt", "file_size": 5})),
            deep(),
            endless(),
        ],
        15 => {
            let file = FileHeader {
                filename: "b.txt".to_owned(),
                md5: "5d41402abc4b2a76b9719d911017c592".to_owned(),
                file_size: 5,
            };
            let upload = header::pack(&file.encode().unwrap(), b"hello").unwrap();
            vec![
                b"get a.txt\n".to_vec(),
                [b"put b.txt\n", &upload[..]].concat(),
            ]
        }
        20 => vec![frame(json!({"data_size": 5})), deep(), endless()],
        21 => {
            let question = Packet::question(Timestamp(7)).pack();
            // An answer, and a question with an authenticator.
            let answer = Packet {
                mode: SERVER,
                ..Packet::question(Timestamp(7))
            };
            vec![
                question.to_vec(),
                answer.pack().to_vec(),
                [&question[..], &[0; 20]].concat(),
            ]
        }
        22 => {
            let join = live::Question::Join {
                name: "anna".to_owned(),
                cookie: live::Secret::UNKNOWN,
            };
            let say = live::Question::Request {
                token: live::Secret([7; 16]),
                n: 1,
                request: live::Request::Say("你好".to_owned()),
            };
            vec![join.pack(), say.pack(), live::Answer::Ping.pack()]
        }
        _ => vec![b"hello".to_vec(), "你好".into()],
    }
}

/// Starts a server with folders of its own; a person has typed ahead.
fn start(program: &Pair, language: Language, folder: &TempDir) -> (Process, SocketAddr) {
    for name in ["share", "upload", "download"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("share/a.txt"), b"hello").unwrap();
    let mut command: Command = executables::command(program, Side::Server, language).unwrap();
    command.args(["--port", "0"]);
    match program.number {
        13 => command.arg("--dir").arg(folder.path().join("share")),
        14 => command.arg("--dir").arg(folder.path().join("upload")),
        15 => command.arg("--dir").arg(folder.path()),
        _ => &mut command,
    };
    let mut process = Process::start(&mut command).unwrap();
    if [6, 12].contains(&program.number) {
        process.type_text(&"yes\n".repeat(5_000)).unwrap();
    }
    let address = process.ready(PATIENCE).unwrap();
    (process, address)
}

/// Sends a conversation. What the server does of it is its own business.
fn converse(transport: Transport, server: SocketAddr, (pieces, leaving): &Conversation) {
    const SHORT: Duration = Duration::from_millis(200);
    if transport == Transport::Udp {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        for piece in pieces {
            // Over UDP nobody knows whether the server still runs.
            let _ = socket.send_to(piece, server);
            // Its buffer would overflow if nobody ever waited for it.
            socket.set_read_timeout(Some(SHORT)).unwrap();
            let _ = socket.recv_from(&mut [0; 1]);
        }
        return;
    }
    let Ok(mut stream) = TcpStream::connect_timeout(&server, PATIENCE) else {
        return;
    };
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.set_read_timeout(Some(SHORT)).unwrap();
    for piece in pieces {
        if stream.write_all(piece).is_err() {
            return;
        }
    }
    match leaving {
        Leaving::Closes => {}
        Leaving::Resets => SockRef::from(&stream)
            .set_linger(Some(Duration::ZERO))
            .unwrap(),
        Leaving::Listens => {
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    }
}

/// Whether a good client is answered.
fn answers(program: &Pair, server: SocketAddr) -> bool {
    let good = &good_words(program.number)[0];
    if program.transport == Transport::Udp {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.send_to(good, server).unwrap();
        return socket.recv_from(&mut [0; 1024]).is_ok();
    }
    let ask = || {
        let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(good)?;
        stream.read_exact(&mut [0; 4])
    };
    ask().is_ok()
}

/// The most memory that a process has held, in KiB; 0 where the system does not tell.
fn memory(process: &Process) -> u64 {
    #[cfg(target_os = "linux")]
    {
        let id = i32::try_from(process.id()).unwrap();
        let status = procfs::process::Process::new(id).and_then(|process| process.status());
        status.ok().and_then(|status| status.vmhwm).unwrap_or(0)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = process;
        0
    }
}

/// The trace of a crash that a program left on stderr.
fn trace(process: &Process) -> Option<String> {
    let errors = process.stderr().text();
    [
        "Traceback",
        "panicked at",
        "overflowed its stack",
        "memory allocation of",
    ]
    .iter()
    .any(|trace| errors.contains(trace))
    .then_some(errors)
}

/// Puts one server through all conversations, and tells what is wrong with it then.
fn endure(program: &Pair, language: Language, conversations: &[Conversation]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let name = format!("{} in {}", program.name(), language.name());
    if ENDS_BY_ITSELF.contains(&program.number) {
        return endure_once(program, language, &conversations[..10], &folder, &name);
    }
    let (process, server) = start(program, language, &folder);
    assert!(answers(program, server), "{name} does not answer at first");
    let before = memory(&process);
    for conversation in conversations {
        converse(program.transport, server, conversation);
    }
    if !answers(program, server) {
        let errors = process.stderr().text();
        return Some(format!("{name} does not answer any more: {errors}"));
    }
    let grown = memory(&process).saturating_sub(before);
    if grown > MOST_GROWTH {
        return Some(format!("{name} has grown by {grown} KiB"));
    }
    trace(&process).map(|errors| format!("{name} crashed: {errors}"))
}

/// As [`endure`], for servers that end by themselves: one for each conversation.
fn endure_once(
    program: &Pair,
    language: Language,
    conversations: &[Conversation],
    folder: &TempDir,
    name: &str,
) -> Option<String> {
    conversations.iter().find_map(|conversation| {
        let (mut process, server) = start(program, language, folder);
        converse(program.transport, server, conversation);
        // It may have had its session, or still wait for one.
        process.interrupt();
        match process.wait(PATIENCE) {
            Ok(Some(_)) => trace(&process).map(|errors| format!("{name} crashed: {errors}")),
            _ => Some(format!("{name} hangs after {conversation:?}")),
        }
    })
}

#[test]
fn every_server_endures_random_conversations() {
    let programs: Vec<_> = PAIRS.iter().collect();
    executables::build_all(&programs).unwrap();
    let python = tests::python_or_skip("the random conversations with the Python servers");
    let languages = if python {
        &Language::BOTH[..]
    } else {
        &[Language::Rust]
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        let of_one: Vec<_> = PAIRS
            .iter()
            .map(|program| {
                scope.spawn(move || {
                    // Random, and told with the failure: another run tries others.
                    let mut runner = TestRunner::new(Config::default());
                    let conversations = vec(conversation(program), CONVERSATIONS);
                    let conversations = conversations.new_tree(&mut runner).unwrap().current();
                    let failed = languages
                        .iter()
                        .filter_map(|&language| endure(program, language, &conversations));
                    failed
                        .map(|why| format!("{why}\nconversations: {conversations:?}"))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        of_one
            .into_iter()
            .flat_map(|one| one.join().unwrap())
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
