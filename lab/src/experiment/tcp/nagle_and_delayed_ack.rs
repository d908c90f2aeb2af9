//! Three small writes against one: the 40 ms.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Instant;

use anyhow::{Result, bail};
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::{median, milliseconds};
use crate::experiment::report::{Steps, Verdict};
use crate::host::sockets;

/// Nagle's algorithm waits for an acknowledgement that the other end delays.
pub struct NagleAndDelayedAck;

/// How long an exchange took, in milliseconds; the median of several.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// Exchanges that were made in each way.
    pub exchanges: usize,
    /// Header length, header and body in three sends, one answer.
    pub three_sends_ms: f64,
    /// The same bytes in one send.
    pub one_send_ms: f64,
    /// Three sends with `TCP_NODELAY`.
    pub three_sends_nodelay_ms: f64,
    /// Acknowledgements that waited for their timer during the three sends
    /// (`TcpExt: DelayedACKs`); none where it can't be asked. It counts for all connections.
    pub delayed_acks_of_three_sends: Option<u64>,
    /// The same with `TCP_NODELAY`.
    pub delayed_acks_nodelay: Option<u64>,
    /// How many times longer three sends took than one.
    pub ratio: f64,
}

const EXCHANGES: usize = 15;
/// What the lessons' framed echo sends: `struct.pack`, JSON, text.
const PARTS: [&[u8]; 3] = [
    b"\x11\x00\x00\x00",
    br#"{"data_size": 12}"#,
    b"hello world!",
];

impl Experiment for NagleAndDelayedAck {
    const NAME: &'static str = "nagle-and-delayed-ack";
    const CLAIM: &'static str =
        "it costs nothing to send header length, header and body one after another";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("three sends, then wait for the answer; 15 times");
        let (three_sends, delayed) = exchange(false, &PARTS)?;

        log.step("one send of the same bytes");
        let (one_send, _) = exchange(false, &[&PARTS.concat()])?;

        log.step("three sends again, with TCP_NODELAY");
        let (nodelay, delayed_nodelay) = exchange(true, &PARTS)?;

        Ok(Seen {
            exchanges: EXCHANGES,
            three_sends_ms: three_sends,
            one_send_ms: one_send,
            three_sends_nodelay_ms: nodelay,
            delayed_acks_of_three_sends: delayed,
            delayed_acks_nodelay: delayed_nodelay,
            ratio: (three_sends / one_send).round(),
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.three_sends_ms < 3.0 * seen.three_sends_nodelay_ms,
            "three sends are no slower with Nagle's algorithm than without",
            &format!(
                "it costs {:.0} ms an exchange: the second send is held back until the first is \
                 acknowledged (Nagle), and the receiver delays that acknowledgement, hoping for \
                 an answer to send along with it. One send a frame, or TCP_NODELAY, and nobody \
                 waits",
                seen.three_sends_ms
            ),
        )
    }
}

/// Sends the parts and waits for an answer to all of them; the median time in milliseconds, and
/// how many acknowledgements were delayed in all.
fn exchange(nodelay: bool, parts: &[&[u8]]) -> Result<(f64, Option<u64>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let (mut server, _) = listener.accept()?;
    client.set_nodelay(nodelay)?;
    let length = parts.concat().len();

    let serving = thread::spawn(move || -> std::io::Result<()> {
        let mut request = vec![0; length];
        for _ in 0..EXCHANGES {
            server.read_exact(&mut request)?;
            server.write_all(&request)?;
        }
        Ok(())
    });
    let delayed_acks = || sockets::counter("TcpExt", "DelayedACKs").ok();
    let counted = delayed_acks();
    let mut times = Vec::new();
    for _ in 0..EXCHANGES {
        let begun = Instant::now();
        for part in parts {
            client.write_all(part)?;
        }
        client.read_exact(&mut vec![0; length])?;
        times.push(begun.elapsed());
    }
    match serving.join() {
        Ok(served) => served?,
        Err(_) => bail!("the server's thread panicked"),
    }
    let delayed = delayed_acks().zip(counted).map(|(now, then)| now - then);
    Ok((milliseconds(median(times)), delayed))
}
