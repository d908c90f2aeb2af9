//! The struct header: say first how long the message is.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Result, ensure};
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::Bytes;
use crate::experiment::report::{Steps, Verdict};
use crate::host::sockets;

/// A header with the length cures what `tcp-sticks` shows.
pub struct FramingUnsticks;

/// What arrived.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The messages that were sent.
    pub messages: Vec<Bytes>,
    /// The bytes on the wire: all three frames, stuck together.
    pub stuck_together: Bytes,
    /// What the receiver made of them.
    pub unstuck: Vec<Bytes>,
    /// What it made of the same bytes when they came one at a time.
    pub from_single_bytes: Vec<Bytes>,
}

/// `struct.pack('i', len(message)) + message`
fn frame(message: &[u8]) -> Result<Vec<u8>> {
    let length = i32::try_from(message.len())?;
    let mut frame = length.to_le_bytes().to_vec();
    frame.extend(message);
    Ok(frame)
}

/// `recv` until there are four bytes, then until there is the message that they announce.
fn receive_message(stream: &mut TcpStream) -> Result<Bytes> {
    let mut header = [0; 4];
    stream.read_exact(&mut header)?;
    let length = i32::from_le_bytes(header);
    ensure!((0..1024).contains(&length), "a header of {length} bytes");
    let mut message = vec![0; usize::try_from(length)?];
    stream.read_exact(&mut message)?;
    Ok(Bytes(message))
}

impl Experiment for FramingUnsticks {
    const NAME: &'static str = "framing-unsticks";
    const CLAIM: &'static str =
        "a receiver that is told the size first (four bytes, struct) finds every boundary";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("connect a client to a server");
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;
        client.set_nodelay(true)?;

        log.step("the client sends three frames, one of them empty, before the server receives");
        let messages: [&[u8]; 3] = [b"hello", b"", b"you there"];
        let mut frames = Vec::new();
        for message in messages {
            client.write_all(&frame(message)?)?;
            frames.extend(frame(message)?);
        }
        sockets::wait_for_bytes(&server, frames.len())?;
        let mut stuck_together = vec![0; frames.len()];
        server.peek(&mut stuck_together)?;

        log.step("the server reads four bytes, then as many as they say; three times");
        let mut unstuck = Vec::new();
        for _ in messages {
            unstuck.push(receive_message(&mut server)?);
        }

        log.step("the same bytes again, each in a send of its own");
        for byte in frames {
            client.write_all(&[byte])?;
        }
        let mut from_single_bytes = Vec::new();
        for _ in messages {
            from_single_bytes.push(receive_message(&mut server)?);
        }
        Ok(Seen {
            messages: messages.map(Bytes::from).to_vec(),
            stuck_together: Bytes(stuck_together),
            unstuck,
            from_single_bytes,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.unstuck == seen.messages && seen.from_single_bytes == seen.messages,
            "the frames were one lump in the buffer, and came out as the messages they were",
            "the messages came out changed",
        )
    }
}
