//! What goes over the wire: messages, headers, the bytes of files.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use md5::{Digest, Md5};

use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::hexdump;
use crate::check::engine::server::Server;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Result, Stop};
use crate::pairs::dialect::Header;

/// The checker's end of a conversation, over TCP or UDP.
pub(super) trait Peer: Sized {
    /// How long our clients wait for an answer unless they are told otherwise.
    const LIMIT: Duration;

    /// A new client of `server`.
    fn visit(server: &Server) -> Result<Self>;

    /// The server of a client that `start` starts, and where it is.
    fn serve<T>(
        context: &Context,
        start: impl FnOnce(SocketAddr) -> Result<T>,
    ) -> Result<(Self, T, SocketAddr)>;

    fn local(&self) -> Result<SocketAddr>;
    fn send(&mut self, bytes: &[u8]) -> Result;
    fn expect(&mut self, bytes: &[u8]) -> Result;
    fn expect_silence(&mut self, span: Duration) -> Result;

    /// The program, which ends or has ended, says no more: over TCP until it closes the connection, over UDP nothing
    /// that has come by now.
    fn expect_no_more(&mut self) -> Result;

    /// The server that this client was the last of says no more, and ends.
    fn expect_end(self, server: &mut Server) -> Result;

    /// The program has left, whatever it said before: over TCP it has closed the connection.
    fn expect_farewell(&mut self) -> Result;

    /// This side has said all that it has to say.
    fn finish_sending(&mut self) {}
}

impl Peer for Stream {
    const LIMIT: Duration = Duration::from_secs(30);

    fn visit(server: &Server) -> Result<Self> {
        server.connect()
    }

    fn serve<T>(
        context: &Context,
        start: impl FnOnce(SocketAddr) -> Result<T>,
    ) -> Result<(Self, T, SocketAddr)> {
        let listener = context.listen()?;
        let started = start(listener.address())?;
        Ok((listener.accept()?, started, listener.address()))
    }

    fn local(&self) -> Result<SocketAddr> {
        self.local()
    }

    fn send(&mut self, bytes: &[u8]) -> Result {
        self.send(bytes)
    }

    fn expect(&mut self, bytes: &[u8]) -> Result {
        self.expect(bytes)
    }

    fn expect_silence(&mut self, span: Duration) -> Result {
        self.expect_silence(span)
    }

    fn expect_no_more(&mut self) -> Result {
        self.expect_no_more()
    }

    fn expect_end(mut self, server: &mut Server) -> Result {
        self.expect_no_more()?;
        // Without TIME_WAIT: the next check may need the port.
        self.reset();
        server.program()?.expect_success()
    }

    fn expect_farewell(&mut self) -> Result {
        self.expect_closed()
    }

    fn finish_sending(&mut self) {
        self.finish_sending();
    }
}

impl Peer for Datagrams {
    const LIMIT: Duration = Duration::from_secs(5);

    fn visit(server: &Server) -> Result<Self> {
        server.datagrams()
    }

    fn serve<T>(
        context: &Context,
        start: impl FnOnce(SocketAddr) -> Result<T>,
    ) -> Result<(Self, T, SocketAddr)> {
        let server = context.bind()?;
        let address = server.local()?;
        Ok((server, start(address)?, address))
    }

    fn local(&self) -> Result<SocketAddr> {
        self.local()
    }

    fn send(&mut self, bytes: &[u8]) -> Result {
        Self::send(self, bytes)
    }

    fn expect(&mut self, bytes: &[u8]) -> Result {
        self.expect(bytes)
    }

    fn expect_silence(&mut self, span: Duration) -> Result {
        self.expect_silence(span)
    }

    fn expect_no_more(&mut self) -> Result {
        self.expect_silence(Duration::ZERO)
    }

    fn expect_end(mut self, server: &mut Server) -> Result {
        // Whatever it sent has come by its end.
        server.program()?.expect_success()?;
        self.expect_no_more()
    }

    fn expect_farewell(&mut self) -> Result {
        Ok(())
    }
}

/// A message as it goes over the wire, behind the header that its dialect gives it.
pub(super) fn message(header: &Header, body: &[u8]) -> Vec<u8> {
    match header {
        Header::None => body.to_vec(),
        header => frame(header.json("", "", &body.len().to_string()), body),
    }
}

/// The header of a file, with its length before it. In JSON `name` stands as it is.
pub(super) fn announce(header: &Header, name: &str, md5: &str, size: u64) -> Vec<u8> {
    match header {
        Header::Bincode(_) => frame(bincode(name.as_bytes(), md5, size), b""),
        header => frame(header.json(name, md5, &size.to_string()), b""),
    }
}

/// Receives the bytes of a file.
pub(super) fn expect_body(client: &mut Stream, bytes: &[u8]) -> Result {
    let mut offset = 0;
    for part in bytes.chunks(256 * 1024) {
        client
            .expect(part)
            .map_err(|stop| stop.while_(&format!("the file's bytes from {offset} on")))?;
        offset += part.len();
    }
    Ok(())
}

/// Sends the bytes of a file, patiently.
pub(super) fn send_body(client: &mut Stream, bytes: &[u8]) -> Result {
    bytes
        .chunks(256 * 1024)
        .try_for_each(|part| client.send(part))
}

pub(super) const MD5_OF_NOTHING: &str = "d41d8cd98f00b204e9800998ecf8427e";

/// A header's length, the header, the body.
pub(super) fn frame(header: impl AsRef<[u8]>, body: &[u8]) -> Vec<u8> {
    let header = header.as_ref();
    // No check sends a header of 2 GiB.
    let length = i32::try_from(header.len()).unwrap_or(i32::MAX);
    [&length.to_le_bytes(), header, body].concat()
}

/// The header of program 15: bincode of a name, an md5 and a size.
pub(super) fn bincode(name: &[u8], md5: &str, size: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in [name, md5.as_bytes()] {
        bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text);
    }
    bytes.extend_from_slice(&size.to_le_bytes());
    bytes
}

pub(super) fn md5(bytes: &[u8]) -> String {
    hexdump::digits(&Md5::digest(bytes))
}

/// Bytes without a pattern, the same each time (xorshift). They repeat themselves after a number of bytes that is prime: no
/// two blocks of one size are alike.
pub(super) fn noise(size: usize) -> Vec<u8> {
    const PERIOD: usize = 1_000_003;
    static PATTERN: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut bytes = Vec::with_capacity(PERIOD + 8);
        while bytes.len() < PERIOD {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend_from_slice(&state.to_le_bytes());
        }
        bytes.truncate(PERIOD);
        bytes
    });
    let mut bytes = PATTERN.repeat(size.div_ceil(PERIOD));
    bytes.truncate(size);
    bytes
}

/// `size` letters.
pub(super) fn letters(size: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(size).collect()
}

/// Writes a file of the check's own.
pub(super) fn write(path: &Path, content: &[u8]) -> Result {
    fs::write(path, content)
        .map_err(|error| Stop::NotJudged(format!("cannot write {}: {error}", path.display())))
}
