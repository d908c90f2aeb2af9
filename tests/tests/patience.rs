//! How long the programs wait for a peer that says nothing: as long as `--timeout` says, not for ever.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use common::header;
use lab::pairs::{Language, PAIRS, Side};
use lab::run::executables;
use lab::run::process::{PATIENCE, Process};
use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

const ECHO_UDP: u8 = 5;
const DOWNLOAD: u8 = 13;
const UPLOAD: u8 = 14;
const CLASS: u8 = 15;

/// Starts the UDP echo's client, whose server is `server`.
fn ask(language: Language, server: &UdpSocket, flags: &[&str]) -> Process {
    let program = PAIRS.iter().find(|program| program.number == ECHO_UDP);
    let mut command = executables::command(program.unwrap(), Side::Client, language).unwrap();
    let port = server.local_addr().unwrap().port().to_string();
    command.args(["--port", &port]).args(flags);
    Process::start(&mut command).unwrap()
}

#[test]
fn the_limit_of_a_udp_client_is_told_as_it_was_given() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    for language in [Language::Rust, Language::Python] {
        if language == Language::Python && !tests::python_or_skip("the time limit") {
            return;
        }
        let mut client = ask(language, &server, &["--timeout", "0.1234567"]);
        assert_eq!(client.wait(PATIENCE).unwrap().unwrap().code(), Some(1));
        let told = client.stderr().text();
        assert!(told.contains(" within 0.1234567 s: "), "{told}");
    }
}

#[test]
fn a_limit_of_many_days_is_no_short_one() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    server.set_read_timeout(Some(PATIENCE)).unwrap();
    for language in [Language::Rust, Language::Python] {
        if language == Language::Python && !tests::python_or_skip("the long time limit") {
            return;
        }
        // As milliseconds in 32 bits it would be 204 ms.
        let mut client = ask(language, &server, &["--timeout", "4294967.5"]);
        server.recv(&mut [0; 100]).unwrap();
        // Not a condition to wait for: nothing should happen.
        assert!(client.wait(Duration::from_millis(500)).unwrap().is_none());
    }
}

#[test]
fn the_longest_interval_is_waited_for() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    server.set_read_timeout(Some(PATIENCE)).unwrap();
    for language in [Language::Rust, Language::Python] {
        if language == Language::Python && !tests::python_or_skip("the long interval") {
            return;
        }
        let mut client = ask(language, &server, &["--interval", "9223372036"]);
        let (_, peer) = server.recv_from(&mut [0; 100]).unwrap();
        server.send_to(b"HELLO", peer).unwrap();
        assert!(client.stdout().shows("b'HELLO'\n", PATIENCE));
        // Not a condition to wait for: nothing should happen.
        let ended = client.wait(Duration::from_millis(500)).unwrap();
        assert!(ended.is_none(), "{}", client.stderr().text());
    }
}

#[test]
fn the_upload_server_ends_a_client_that_says_nothing() {
    for language in [Language::Rust, Language::Python] {
        if language == Language::Python && !tests::python_or_skip("the silent client") {
            return;
        }
        let folder = TempDir::with_prefix("upload-").unwrap();
        let program = PAIRS.iter().find(|program| program.number == UPLOAD);
        let mut command = executables::command(program.unwrap(), Side::Server, language).unwrap();
        command
            .args(["--port", "0", "--timeout", "0.2", "--dir"])
            .arg(folder.path());
        let server = Process::start(&mut command).unwrap();
        let mut client = TcpStream::connect(server.ready(PATIENCE).unwrap()).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        let answer = header::read_json(&mut client).unwrap().unwrap();
        let stalled = "the peer stalled: nothing came within the time limit";
        assert_eq!(header::string(&answer, "error").unwrap(), stalled);
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        let peer = client.local_addr().unwrap();
        drop(client);
        let warning = format!("warning: {peer}: {stalled}");
        let told = |text: &str| text.lines().any(|line| line == warning).then_some(());
        let told = server.stderr().wait_for(PATIENCE, told);
        assert!(told.is_some(), "{}", server.stderr().text());
    }
}

/// A server that accepts nobody, with connections that fill its backlog: the next one is not
/// answered.
fn full_backlog() -> (Socket, Vec<Socket>, SocketAddr) {
    let server = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    server
        .bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())
        .unwrap();
    server.listen(0).unwrap();
    let address = server.local_addr().unwrap();
    let crowd = std::iter::repeat_with(|| {
        let client = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        client.set_nonblocking(true).unwrap();
        let _ = client.connect(&address); // it says that it is on its way
        client
    });
    let crowd = crowd.take(4).collect();
    (server, crowd, address.as_socket().unwrap())
}

#[test]
fn a_file_client_gives_up_a_server_that_does_not_take_its_connection() {
    let (_server, _crowd, address) = full_backlog();
    for language in [Language::Rust, Language::Python] {
        if language == Language::Python && !tests::python_or_skip("the full backlog") {
            return;
        }
        let program = PAIRS.iter().find(|program| program.number == UPLOAD);
        let mut command = executables::command(program.unwrap(), Side::Client, language).unwrap();
        let port = address.port().to_string();
        command.args(["--timeout", "0.5", "--port", &port, "a.txt"]);
        let mut client = Process::start(&mut command).unwrap();
        assert_eq!(client.wait(PATIENCE).unwrap().unwrap().code(), Some(1));
        let told = client.stderr().text();
        let error = format!("Error: no answer from {address} within 0.5 s: is the server running?");
        assert!(told.starts_with(&error), "{told}");
    }
}

/// More than the buffers of both sides hold.
const LARGE: usize = 20_000_000;

/// Long enough that two and a half times as long is no delay of a busy machine.
const LIMIT: Duration = Duration::from_secs(2);

/// A file program that is sending a file of [`LARGE`] bytes, its peer, and the folder.
struct Sending {
    program: Process,
    peer: TcpStream,
    _folder: TempDir,
}

/// A socket whose receive buffer is small.
fn small_socket() -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(32 * 1024).unwrap();
    socket
}

/// Has one side of a program send a file to a peer whose receive buffer is small.
fn sending(number: u8, side: Side, language: Language) -> Sending {
    let folder = TempDir::with_prefix("patience-").unwrap();
    let share = folder.path().join("share");
    fs::create_dir(&share).unwrap();
    fs::write(share.join("large"), vec![b'x'; LARGE]).unwrap();
    let program = PAIRS.iter().find(|program| program.number == number);
    let mut command = executables::command(program.unwrap(), side, language).unwrap();
    let socket = small_socket();
    command.args(["--timeout", &LIMIT.as_secs().to_string()]);
    match number {
        DOWNLOAD => command.arg("--dir").arg(&share),
        UPLOAD => command.arg(share.join("large")),
        _ => command.arg("--dir").arg(folder.path()),
    };
    let (program, mut peer) = if side == Side::Server {
        let program = Process::start(command.args(["--port", "0"])).unwrap();
        let address = program.ready(PATIENCE).unwrap();
        socket.connect(&address.into()).unwrap();
        let mut peer = TcpStream::from(socket);
        peer.write_all(b"get large\n").unwrap();
        (program, peer)
    } else {
        socket
            .bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())
            .unwrap();
        socket.listen(1).unwrap();
        let listener = TcpListener::from(socket);
        let port = listener.local_addr().unwrap().port().to_string();
        let mut program = Process::start(command.args(["--port", &port])).unwrap();
        if number == CLASS {
            program.type_text("put large\n").unwrap();
        }
        (program, listener.accept().unwrap().0)
    };
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    if (number, side) == (CLASS, Side::Client) {
        peer.read_exact(&mut [0; "put large\n".len()]).unwrap();
    }
    let mut length = [0; 4];
    peer.read_exact(&mut length).unwrap();
    let length = usize::try_from(i32::from_le_bytes(length)).unwrap();
    peer.read_exact(&mut vec![0; length]).unwrap();
    Sending {
        program,
        peer,
        _folder: folder,
    }
}

/// Tries `judge` with both languages of all `senders`, all at once: they wait most of the time.
fn with_all(senders: &[(u8, Side)], judge: impl Fn(u8, Side, Language) + Sync) {
    let python = tests::python_or_skip("the peer that stops reading, or reads slowly");
    let programs: Vec<_> = PAIRS
        .iter()
        .filter(|program| senders.iter().any(|(number, _)| *number == program.number))
        .collect();
    executables::build_all(&programs).unwrap();
    let judge = &judge;
    thread::scope(|scope| {
        for &(number, side) in senders {
            scope.spawn(move || judge(number, side, Language::Rust));
            if python {
                scope.spawn(move || judge(number, side, Language::Python));
            }
        }
    });
}

#[test]
fn a_peer_that_stops_reading_is_given_up_after_the_limit() {
    const SENDERS: &[(u8, Side)] = &[
        (DOWNLOAD, Side::Server),
        (UPLOAD, Side::Client),
        (CLASS, Side::Server),
        (CLASS, Side::Client),
    ];
    with_all(SENDERS, |number, side, language| {
        let begun = Instant::now();
        let sending = sending(number, side, language);
        let stopped = Instant::now();
        let told = |text: &str| text.contains("peer stopped reading after").then_some(());
        let told = sending.program.stderr().wait_for(PATIENCE, told);
        let text = sending.program.stderr().text();
        assert!(told.is_some(), "{number} {side:?} {language:?}: {text}");
        // The kernel counts in ticks, of 10 ms at most.
        assert!(
            begun.elapsed() > LIMIT * 9 / 10,
            "{number} {side:?} {language:?}"
        );
        let waited = stopped.elapsed();
        assert!(
            waited < LIMIT * 5 / 2,
            "{number} {side:?} {language:?} waits {waited:?}"
        );
    });
}

/// Reads for longer than the limit, and within it a small part of what the sender's buffers hold. Returns how many bytes.
fn read_slowly(peer: &mut TcpStream) -> usize {
    let mut piece = [0; 8 * 1024];
    let begun = Instant::now();
    let mut count = 0;
    while begun.elapsed() < LIMIT * 5 / 2 {
        peer.read_exact(&mut piece).unwrap();
        count += piece.len();
        thread::sleep(Duration::from_millis(50));
    }
    count
}

#[test]
fn a_peer_that_reads_slowly_is_not_given_up() {
    const SENDERS: &[(u8, Side)] = &[(DOWNLOAD, Side::Server), (UPLOAD, Side::Client)];
    with_all(SENDERS, |number, side, language| {
        let mut sending = sending(number, side, language);
        read_slowly(&mut sending.peer);
        let text = sending.program.stderr().text();
        assert!(
            !text.contains("stopped reading"),
            "{number} {side:?} {language:?}: {text}"
        );
    });
}

#[test]
fn a_list_arrives_whole_at_a_peer_that_reads_slowly() {
    // More than the buffers of both sides hold.
    const FILES: usize = 20_000;
    const NAME: usize = 250;
    let share = TempDir::with_prefix("patience-").unwrap();
    for number in 0..FILES {
        fs::write(share.path().join(format!("{number:0NAME$}")), "").unwrap();
    }
    with_all(&[(DOWNLOAD, Side::Server)], |number, side, language| {
        let program = PAIRS.iter().find(|program| program.number == number);
        let mut command = executables::command(program.unwrap(), side, language).unwrap();
        command.args(["--timeout", &LIMIT.as_secs().to_string(), "--port", "0"]);
        let server = Process::start(command.arg("--dir").arg(share.path())).unwrap();
        let socket = small_socket();
        let address = server.ready(PATIENCE).unwrap();
        socket.connect(&address.into()).unwrap();
        let mut peer = TcpStream::from(socket);
        peer.set_read_timeout(Some(PATIENCE)).unwrap();
        peer.write_all(b"ls\n").unwrap();
        let fields = header::read_json(&mut &peer).unwrap().unwrap();
        let size = FILES * (NAME + 1);
        assert_eq!(fields["listsize"], size);
        let count = read_slowly(&mut peer);
        let rest = peer.read_exact(&mut vec![0; size - count]);
        let told = server.stderr().text();
        assert!(rest.is_ok(), "{language:?}: {told}");
    });
}
