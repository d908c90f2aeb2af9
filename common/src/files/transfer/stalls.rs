//! How long a peer may stall: `--timeout`, a time in which not one byte moves.
//!
//! A receive needs no more than the socket's time limit (`SO_RCVTIMEO`), because it returns with the
//! first byte. A send returns when all is sent, or when the limit (`SO_SNDTIMEO`) is over and a part
//! is; `sendfile` is several sends inside. A loop that trusts the limit of each call gives up a
//! peer that has stopped reading after three or four times the limit. To wait until the socket is
//! writable is no better: Linux calls it so when a third of its buffer is free, and a peer that reads
//! slowly may take longer for that, and is given up although it reads.
//!
//! So a sender wakes up a hundred times within the limit, sends what there is room for, and counts the
//! time since the last byte: [`send_some`].
//!
//! Python: `common/python/common/files/stalls.py`

use std::io::{self, ErrorKind, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::net::is_timeout;

/// How often a sender looks for room within the limit.
const LOOKS: u32 = 100;

/// Calls `send`, which sends on `stream`, until it has sent something, and returns how many bytes.
/// [`ErrorKind::TimedOut`] when there was no room for a byte within the stream's limit.
pub(super) fn send_some(
    stream: &TcpStream,
    mut send: impl FnMut() -> io::Result<usize>,
) -> io::Result<usize> {
    let limit = stream.write_timeout()?;
    // A socket does not take a limit of zero.
    let look = limit.map(|limit| (limit / LOOKS).max(Duration::from_millis(1)));
    stream.set_write_timeout(look)?;
    let begun = Instant::now();
    let outcome = loop {
        match send() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if is_timeout(&error) => {
                if limit.is_none_or(|limit| begun.elapsed() >= limit) {
                    let stalled = "the peer stopped reading";
                    break Err(io::Error::new(ErrorKind::TimedOut, stalled));
                }
            }
            result => break result,
        }
    };
    stream.set_write_timeout(limit)?;
    outcome
}

/// Sends all of `bytes`: `sendall`, as long as the peer does not stall; [`ErrorKind::TimedOut`] if it does.
pub fn send_unless_stalled(mut stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let sent = send_some(stream, || stream.write(bytes))?;
        bytes = &bytes[sent..];
    }
    Ok(())
}
