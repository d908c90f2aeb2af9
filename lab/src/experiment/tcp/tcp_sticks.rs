//! Several sends, one receive; and one send, several receives.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::Bytes;
use crate::experiment::report::{Steps, Verdict};
use crate::host::sockets;

/// TCP glues messages together.
pub struct TcpSticks;

/// What arrived.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// What each `send` was given.
    pub sends: Vec<Bytes>,
    /// What the one `recv(1024)` returned.
    pub one_receive: Bytes,
    /// What a single further `send` was given.
    pub one_send: Bytes,
    /// What `recv(4)` after `recv(4)` returned of it.
    pub several_receives: Vec<Bytes>,
}

impl Experiment for TcpSticks {
    const NAME: &'static str = "tcp-sticks";
    const CLAIM: &'static str =
        "TCP is a stream: several sends can be one receive, and one send several receives";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("connect a client to a server");
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;

        log.step("the client sends three times; the server is busy elsewhere");
        let sends: [&[u8]; 3] = [b"hello", b"world", b"sdfas"];
        for message in sends {
            client.write_all(message)?;
        }

        log.step("then the server calls recv(1024), once");
        sockets::wait_for_bytes(&server, 15)?;
        let mut buffer = [0; 1024];
        let received = server.read(&mut buffer)?;
        let one_receive = Bytes::from(&buffer[..received]);

        log.step("the client sends once, and the server calls recv(4) until it has it all");
        let one_send = b"hello world";
        client.write_all(one_send)?;
        let mut several_receives = Vec::new();
        let mut left = one_send.len();
        while left > 0 {
            let received = server.read(&mut buffer[..4])?;
            several_receives.push(Bytes::from(&buffer[..received]));
            left -= received;
        }

        Ok(Seen {
            sends: sends.map(Bytes::from).to_vec(),
            one_receive,
            one_send: Bytes::from(&one_send[..]),
            several_receives,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.one_receive.0 == b"helloworldsdfas" && seen.several_receives.len() > 1,
            "TCP carries bytes in their order and forgets where one send ended; a receiver that \
             needs messages must be told where they end",
            "this time the bytes came apart as they were sent; nothing promises that",
        )
    }
}
