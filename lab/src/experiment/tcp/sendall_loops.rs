//! `sendall` is `send` in a loop.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::report::{Steps, Verdict};

/// The loop offers the rest again until all is sent; none is lost.
pub struct SendallLoops;

/// What the loop did.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// Bytes to be sent.
    pub given: usize,
    /// Calls of `send` that took some of them.
    pub sends: usize,
    /// The fewest and the most that one of them took.
    pub smallest_and_largest: (usize, usize),
    /// How often the buffer was full and the loop had to wait.
    pub waits: usize,
    /// Bytes that arrived.
    pub received: usize,
    /// Whether they were the same bytes in the same order.
    pub in_order: bool,
}

impl Experiment for SendallLoops {
    const NAME: &'static str = "sendall-loops";
    const CLAIM: &'static str = "sendall calls send in a loop until all is sent, and loses nothing";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;
        let data: Vec<u8> = (0..=250).cycle().take(16 << 20).collect();

        log.step("send 16 MiB in a loop; when the buffer is full the server calls recv once");
        client.set_nonblocking(true)?;
        let (mut taken, mut waits) = (Vec::new(), 0);
        let (mut received, mut buffer) = (Vec::new(), vec![0; 1 << 20]);
        let mut sent = 0;
        while sent < data.len() {
            match client.write(&data[sent..]) {
                Ok(bytes) => {
                    sent += bytes;
                    taken.push(bytes);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    waits += 1;
                    let bytes = server.read(&mut buffer)?;
                    received.extend(&buffer[..bytes]);
                }
                Err(error) => return Err(error.into()),
            }
        }

        log.step("close, and let the server receive the rest");
        drop(client);
        server.read_to_end(&mut received)?;

        let smallest = taken.iter().min().copied().unwrap_or(0);
        let largest = taken.iter().max().copied().unwrap_or(0);
        Ok(Seen {
            given: data.len(),
            sends: taken.len(),
            smallest_and_largest: (smallest, largest),
            waits,
            received: received.len(),
            in_order: received == data,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.in_order && seen.sends > 1,
            "no send took everything, and the loop brought all of it over, in order",
            "the loop lost something, or there was nothing to loop for",
        )
    }
}
