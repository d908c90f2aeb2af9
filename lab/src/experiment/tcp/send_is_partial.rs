//! `send` with more bytes than there is room.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::Failure;
use crate::experiment::report::{Steps, Verdict};

/// What does not fit is not lost: `send` says how much it took, or waits.
pub struct SendIsPartial;

/// What `send` did.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// Bytes that one call of `send` was given.
    pub given: usize,
    /// Bytes that it took, on a socket that does not block, while nobody received.
    pub taken: usize,
    /// Bytes that it and further calls took, until there was no more room.
    pub taken_in_all: usize,
    /// What the call gave for which there was none.
    pub last_send: Option<Failure>,
    /// Bytes that the server received in the end.
    pub received: usize,
    /// Bytes that one call took on a socket that blocks, while the server received.
    pub taken_when_blocking: usize,
    /// Bytes that the server received of those.
    pub received_when_blocking: usize,
}

const GIVEN: usize = 32 << 20;

impl Experiment for SendIsPartial {
    const NAME: &'static str = "send-is-partial";
    const CLAIM: &'static str =
        "when send is given more than its buffer has room for, the data in excess is lost";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;
        let data = vec![b'x'; GIVEN];

        log.step("one send of 32 MiB on a socket that does not block; nobody receives");
        client.set_nonblocking(true)?;
        let taken = client.write(&data)?;

        log.step("send again, until there is no more room");
        let mut taken_in_all = taken;
        let last_send = loop {
            let send = client.write(&data);
            match &send {
                Ok(more) => taken_in_all += more,
                Err(_) => break Failure::of(&send),
            }
        };

        log.step("close, and let the server receive what there is");
        drop(client);
        let received = drain(&mut server)?;

        log.step("the same on a socket that blocks (the default), while the server receives");
        let mut client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;
        let receiver = thread::spawn(move || drain(&mut server));
        let taken_when_blocking = client.write(&data)?;
        drop(client);
        let received_when_blocking = receiver.join().unwrap_or(Ok(0))?;

        Ok(Seen {
            given: GIVEN,
            taken,
            taken_in_all,
            last_send,
            received,
            taken_when_blocking,
            received_when_blocking,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.received < seen.taken_in_all
                || seen.received_when_blocking < seen.taken_when_blocking,
            "bytes that send had taken never arrived",
            "every byte that send took arrived. It takes fewer than it is given (and returns how \
             many: the rest is the caller's to send again), or it waits; lost is only what a \
             program never offers again",
        )
    }
}

/// `recv` until it returns empty; the bytes in all.
fn drain(stream: &mut TcpStream) -> io::Result<usize> {
    let mut buffer = vec![0; 1 << 16];
    let mut all = 0;
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(all),
            received => all += received,
        }
    }
}
