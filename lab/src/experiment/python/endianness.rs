//! `struct.pack('i')` against network order.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::Bytes;
use crate::experiment::report::{Steps, Verdict};

/// The header's four bytes mean what their reader takes them for.
pub struct Endianness;

/// The number 94 as a header.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The length of some header, to be announced.
    pub number: i32,
    /// This machine's order: what `struct.pack('i', …)` gives here.
    pub native: Bytes,
    /// Network order: `struct.pack('!i', …)`.
    pub network: Bytes,
    /// What a big-endian peer reads out of the native bytes, over the wire.
    pub read_by_big_endian_peer: i32,
    /// The most that the header can announce.
    pub largest: i32,
    /// The number one greater, as four bytes read back: negative.
    pub one_more_is: i32,
}

impl Experiment for Endianness {
    const NAME: &'static str = "endianness";
    const CLAIM: &'static str =
        "struct.pack('i', n) is a header of four bytes that the other end reads as n";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        let number: i32 = 94;
        log.step("send 94 as this machine stores it, four bytes");
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;
        client.write_all(&number.to_ne_bytes())?;

        log.step("receive four bytes, and read them as a big-endian machine would");
        let mut header = [0; 4];
        server.read_exact(&mut header)?;
        let read_by_big_endian_peer = i32::from_be_bytes(header);

        Ok(Seen {
            number,
            native: Bytes::from(&header[..]),
            network: Bytes::from(&number.to_be_bytes()[..]),
            read_by_big_endian_peer,
            largest: i32::MAX,
            one_more_is: i32::MAX.wrapping_add(1),
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.native == seen.network,
            "this machine stores numbers in network order",
            "'i' is this machine's own order, and four bytes by custom only; a peer with the \
             other order waits for gigabytes. Write the order down: '<i' as here, or '!i', \
             network order. And it is signed: a receiver must refuse what is negative",
        )
    }
}
