//! A slow client blocks the simple server, and not the threaded one.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::report::{Steps, Verdict};
use crate::host::sockets;

/// What `socketserver`'s threads are for.
pub struct OneAtATime;

/// Whether the second client was answered.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// By the server that serves one client after another, while a silent one was connected.
    pub simple_answers_beside_slow: bool,
    /// Connections that waited for its `accept` meanwhile.
    pub waiting_for_accept: u64,
    /// By the same server, once the silent client had gone.
    pub simple_answers_afterwards: bool,
    /// By the server with a thread for each client, while a silent one was connected.
    pub threaded_answers_beside_slow: bool,
}

impl Experiment for OneAtATime {
    const NAME: &'static str = "one-at-a-time";
    const CLAIM: &'static str =
        "with socketserver's threads a TCP server serves clients concurrently";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("the simple server: a client connects and says nothing");
        let address = simple_server()?;
        let slow = TcpStream::connect(address)?;

        log.step("a second client sends, and waits for half a second");
        let mut quick = TcpStream::connect(address)?;
        quick.write_all(b"hello")?;
        let simple_answers_beside_slow = answered(&mut quick, 500)?;
        let listener = sockets::tcp_listener(address)?;
        let waiting_for_accept = listener.map_or(0, |listener| listener.receive_queue);

        log.step("the first client leaves");
        drop(slow);
        let simple_answers_afterwards = answered(&mut quick, 10_000)?;

        log.step("the threaded server: a client says nothing, a second one sends");
        let address = threaded_server()?;
        let _slow = TcpStream::connect(address)?;
        let mut quick = TcpStream::connect(address)?;
        quick.write_all(b"hello")?;

        Ok(Seen {
            simple_answers_beside_slow,
            waiting_for_accept,
            simple_answers_afterwards,
            threaded_answers_beside_slow: answered(&mut quick, 10_000)?,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.threaded_answers_beside_slow && !seen.simple_answers_beside_slow,
            "the simple server is busy with its client, even a silent one, and the next waits in \
             the backlog; with a thread each, nobody waits for anybody",
            "the slow client made no difference",
        )
    }
}

/// Serves one client until it leaves, then the next; the two that this experiment has.
fn simple_server() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || -> io::Result<()> {
        for _ in 0..2 {
            let (client, _) = listener.accept()?;
            serve(client)?;
        }
        Ok(())
    });
    Ok(address)
}

/// Serves each of two clients in a thread of its own.
fn threaded_server() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || -> io::Result<()> {
        for _ in 0..2 {
            let (client, _) = listener.accept()?;
            thread::spawn(|| serve(client));
        }
        Ok(())
    });
    Ok(address)
}

/// The echo of the lessons: upper-case, until the client leaves.
fn serve(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        let received = client.read(&mut buffer)?;
        if received == 0 {
            return Ok(());
        }
        client.write_all(&buffer[..received].to_ascii_uppercase())?;
    }
}

/// Whether an answer comes within that many milliseconds.
fn answered(client: &mut TcpStream, milliseconds: u64) -> io::Result<bool> {
    client.set_read_timeout(Some(Duration::from_millis(milliseconds)))?;
    match client.read(&mut [0; 1024]) {
        Ok(received) => Ok(received > 0),
        Err(error) => match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Ok(false),
            _ => Err(error),
        },
    }
}
