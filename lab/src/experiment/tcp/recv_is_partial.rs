//! `recv(n)` returns what is there, up to `n`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::report::{Steps, Verdict};

/// `recv(1024)` is not "1,024 bytes".
pub struct RecvIsPartial;

/// How much came when.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// Bytes of the whole message.
    pub message: usize,
    /// Bytes that each `recv(1024)` returned.
    pub receives: Vec<usize>,
    /// What the lessons' loop had when it took 1,024 off its count for every receive.
    pub counted_as_asked: usize,
    /// What a loop had that took off what it received.
    pub counted_as_received: usize,
}

/// The sender sends this much at a time.
const PART: usize = 500;

impl Experiment for RecvIsPartial {
    const NAME: &'static str = "recv-is-partial";
    const CLAIM: &'static str =
        "recv(1024) receives 1,024 bytes as long as there are so many to come";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        let message = 3000;
        log.step("3,000 bytes are sent 500 at a time, and received by recv(1024) as they come");
        let (mut client, mut server) = connect()?;
        let mut receives = Vec::new();
        let mut left = message;
        while left > 0 {
            let received = send_part_and_receive(&mut client, &mut server, left.min(1024))?;
            receives.push(received);
            left -= received;
        }

        log.step("again, with the lessons' loop: left = left - 1024 after every receive");
        let (mut client, mut server) = connect()?;
        let mut counted_as_asked = 0;
        let mut left: usize = message;
        while left > 0 {
            counted_as_asked += send_part_and_receive(&mut client, &mut server, left.min(1024))?;
            left = left.saturating_sub(1024);
        }

        Ok(Seen {
            message,
            counted_as_received: receives.iter().sum(),
            receives,
            counted_as_asked,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.counted_as_asked == seen.message,
            "each receive was full",
            "1,024 is the most that recv returns, and it returns as soon as it has anything: who \
             counts what was asked for instead of what came ends with half a message",
        )
    }
}

fn connect() -> Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    let (server, _) = listener.accept()?;
    Ok((client, server))
}

/// Sends the next part and calls `recv(room)` on the other side; the bytes it returned.
fn send_part_and_receive(
    client: &mut TcpStream,
    server: &mut TcpStream,
    room: usize,
) -> Result<usize> {
    client.write_all(&[b'x'; PART])?;
    Ok(server.read(&mut vec![0; room])?)
}
