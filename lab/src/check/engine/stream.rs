//! The checker's end of a TCP connection.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::check::engine::ending::{End, describe, is_reset, is_timeout};
use crate::check::engine::trial::{Direction, Manner, Result, Stop, Trial, shown};
use crate::host::sockets;
use crate::run::pause::Pause;

/// A connection with the program under test. Every byte is written down, every wait is bounded.
///
/// Dropping it resets it: a reset leaves no TIME_WAIT behind, which would keep the next check's
/// server from its port. [`close`](Self::close) says goodbye instead.
#[derive(Debug)]
pub(crate) struct Stream {
    trial: Arc<Trial>,
    name: String,
    /// What the program says here: a server answers, a client speaks first.
    said: &'static str,
    socket: TcpStream,
}

impl Stream {
    pub(super) fn connect(trial: Arc<Trial>, server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&server, trial.patience()).map_err(|error| {
            trial.fail(
                "a client can connect",
                format!("connecting failed: {error}"),
            )
        })?;
        let name = trial.name_socket("client");
        Self::new(trial, name, "the answer", stream)
    }

    pub(super) fn new(
        trial: Arc<Trial>,
        name: String,
        said: &'static str,
        stream: TcpStream,
    ) -> Result<Self> {
        stream
            .set_nodelay(true)
            .and_then(|()| SockRef::from(&stream).set_linger(Some(Duration::ZERO)))
            .map_err(|error| Stop::NotJudged(format!("a socket option: {error}")))?;
        Ok(Self {
            trial,
            name,
            said,
            socket: stream,
        })
    }

    /// The checker's own address.
    pub(crate) fn local(&self) -> Result<SocketAddr> {
        self.socket
            .local_addr()
            .map_err(|error| Stop::NotJudged(format!("a socket's address: {error}")))
    }

    /// Sends all of `bytes`. Patience begins anew with each step: a large file may take its time.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result {
        let (sent, end) = self.write(bytes);
        end.map_err(|error| {
            self.trial.fail(
                format!("the program reads the {} bytes that are sent", bytes.len()),
                format!("after {sent} of them: {}", describe(&error)),
            )
        })
    }

    /// Sends `bytes` to a program that may close before it has read them all.
    pub(crate) fn send_to_whoever_listens(&mut self, bytes: &[u8]) {
        // What the program thinks of it, its answer tells.
        let _ = self.write(bytes);
    }

    /// Writes until all `bytes` are written, or an error comes, or the check is over; tells how many
    /// were.
    fn write(&mut self, bytes: &[u8]) -> (usize, io::Result<()>) {
        let mut sent = 0;
        while sent < bytes.len() {
            let patience = self.trial.patience();
            if self.trial.is_over() {
                return (sent, Err(io::ErrorKind::TimedOut.into()));
            }
            let wrote = self
                .socket
                .set_write_timeout(Some(patience))
                .and_then(|()| self.socket.write(&bytes[sent..]));
            match wrote {
                Ok(size) => {
                    let written = &bytes[sent..sent + size];
                    self.trial.note(&self.name, Direction::Sent, written, false);
                    sent += size;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (sent, Err(error)),
            }
        }
        (sent, Ok(()))
    }

    /// Sends `bytes`, `size` at a time, each piece when the program has fetched the one before: else
    /// they could arrive together. When it leaves one unread, the rest follows at once: what it
    /// makes of that is the check's affair.
    pub(crate) fn send_in_pieces(&mut self, bytes: &[u8], size: usize) -> Result {
        let mut fetches = true;
        for (number, piece) in bytes.chunks(size).enumerate() {
            self.send(piece).map_err(|stop| {
                let before = number * size;
                stop.while_(&format!(
                    "{} bytes in pieces, {before} are sent",
                    bytes.len()
                ))
            })?;
            fetches = fetches && self.wait_until_fetched()?;
        }
        Ok(())
    }

    /// Waits until the program has fetched what was sent, or has gone, and tells whether it did: it
    /// may be busy with something else. Skips the check where the system does not show it.
    pub(crate) fn wait_until_fetched(&self) -> Result<bool> {
        let limit = self.trial.limit();
        let (Ok(here), Ok(there)) = (self.socket.local_addr(), self.socket.peer_addr()) else {
            return Ok(true);
        };
        let mut pause = Pause::new();
        loop {
            match sockets::unread(there, here) {
                Ok(0) => return Ok(true),
                Ok(_) => {}
                Err(error) => {
                    return Err(Stop::Skipped(format!(
                        "whether a program has fetched what was sent: {error:#}"
                    )));
                }
            }
            if Instant::now() > limit {
                return Ok(false);
            }
            pause.wait();
        }
    }

    /// Sends `bytes` again and again until the program takes nothing for a while.
    pub(crate) fn send_until_stuck(&mut self, bytes: &[u8]) -> Result {
        const STUCK: Duration = Duration::from_millis(300);
        const MOST: usize = 64 << 20;
        let limit = self.trial.limit();
        let mut sent = 0;
        self.socket
            .set_write_timeout(Some(STUCK))
            .map_err(|error| Stop::NotJudged(format!("a socket option: {error}")))?;
        while sent < MOST && Instant::now() < limit {
            // What of the last round is left comes first, so that no message is cut.
            let start = sent % bytes.len();
            match self.socket.write(&bytes[start..]) {
                Ok(size) => {
                    self.trial.note(
                        &self.name,
                        Direction::Sent,
                        &bytes[start..start + size],
                        false,
                    );
                    sent += size;
                }
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// Says that nothing more will be sent: FIN.
    pub(crate) fn finish_sending(&mut self) {
        // A peer that has reset the connection will be noticed by the next receive.
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    /// Receives exactly `size` bytes.
    pub(crate) fn receive(&mut self, size: usize) -> Result<Vec<u8>> {
        let (bytes, end) = self.read_until(|bytes| bytes.len() >= size, size)?;
        if bytes.len() == size {
            return Ok(bytes);
        }
        let happened = format!("{} bytes, then {end}", bytes.len());
        Err(self
            .trial
            .fail(format!("{size} bytes of {}", self.said), happened)
            .in_manner(end.manner()))
    }

    /// Receives what comes first: as much as one receive gives.
    pub(crate) fn receive_some(&mut self) -> Result<Vec<u8>> {
        let (bytes, end) = self.read_until(|bytes| !bytes.is_empty(), 64 * 1024)?;
        match end {
            End::Enough => Ok(bytes),
            end => Err(self
                .trial
                .fail("an answer", end.to_string())
                .in_manner(end.manner())),
        }
    }

    /// Receives exactly `size` bytes, or `None` if the program closes or resets before the first.
    pub(crate) fn receive_unless_closed(&mut self, size: usize) -> Result<Option<Vec<u8>>> {
        let (bytes, end) = self.read_until(|bytes| bytes.len() >= size, size)?;
        match end {
            End::Enough => Ok(Some(bytes)),
            End::Closed | End::Reset if bytes.is_empty() => Ok(None),
            end => Err(self.trial.fail(
                format!("an answer of {size} bytes, or the end of the connection"),
                format!("{} bytes, then {end}", bytes.len()),
            )),
        }
    }

    /// Receives until the program closes or resets, or has sent `most` bytes.
    pub(crate) fn receive_at_most(&mut self, most: usize) -> Result<Vec<u8>> {
        let (bytes, end) = self.read_until(|bytes| bytes.len() >= most, most)?;
        match end {
            End::Closed | End::Reset | End::Enough => Ok(bytes),
            End::Silence(_) => Err(self.trial.fail(
                format!("{most} bytes, or the end of the connection"),
                format!("{} bytes, then {end}", bytes.len()),
            )),
        }
    }

    /// Waits until the program says anything, or closes, for `span` at most. Tells whether it did.
    pub(crate) fn await_answer(&mut self, span: Duration) -> bool {
        let peeked = self
            .socket
            .set_read_timeout(Some(span))
            .and_then(|()| self.socket.peek(&mut [0]));
        !peeked.is_err_and(|error| is_timeout(&error))
    }

    /// Receives exactly `expected`.
    pub(crate) fn expect(&mut self, expected: &[u8]) -> Result {
        let size = expected.len();
        // Of a large answer only what is new is compared.
        let compared = Cell::new(0);
        let (bytes, end) = self.read_until(
            |bytes| {
                let before = compared.replace(bytes.len());
                bytes.len() >= size || bytes[before..] != expected[before..bytes.len()]
            },
            size,
        )?;
        if bytes == expected {
            return Ok(());
        }
        let differs = bytes
            .iter()
            .zip(expected)
            .position(|(got, want)| got != want);
        let happened = match differs {
            Some(offset) => format!("{}, which differs at byte {offset}", shown(&bytes)),
            None => format!("{} of {size} bytes, then {end}", bytes.len()),
        };
        let manner = if differs.is_some() {
            Manner::differs(expected, &bytes)
        } else if bytes.is_empty() {
            end.manner()
        } else {
            Manner::cut(expected, &bytes)
        };
        let said = shown(expected);
        Err(self
            .trial
            .fail(format!("{} {said}", self.said), happened)
            .in_manner(manner))
    }

    /// Waits until the program closes or resets, whatever it says before.
    pub(crate) fn expect_closed(&mut self) -> Result {
        self.receive_to_close().map(drop)
    }

    /// Receives until the program closes or resets.
    pub(crate) fn receive_to_close(&mut self) -> Result<Vec<u8>> {
        const MOST: usize = 1 << 20;
        let (bytes, end) = self.read_until(|bytes| bytes.len() > MOST, MOST + 1)?;
        match end {
            End::Closed | End::Reset => Ok(bytes),
            End::Silence(_) | End::Enough => Err(self.trial.fail(
                "the program closes the connection",
                format!("{} bytes, then {end}", bytes.len()),
            )),
        }
    }

    /// Waits until the program closes or resets, and fails if it says anything before.
    pub(crate) fn expect_no_more(&mut self) -> Result {
        match self.receive_to_close()? {
            rest if rest.is_empty() => Ok(()),
            rest => Err(self
                .trial
                .fail(
                    "the program closes the connection, and says nothing before",
                    shown(&rest),
                )
                .in_manner(Manner::TooMuch)),
        }
    }

    /// Fails if the program says anything within `span`.
    pub(crate) fn expect_silence(&mut self, span: Duration) -> Result {
        let silence = format!("{} does not come yet", self.said);
        let begun = Instant::now();
        let mut byte = [0; 1];
        let got = self
            .socket
            .set_read_timeout(Some(span))
            .and_then(|()| self.socket.peek(&mut byte));
        match got {
            Ok(1..) => {
                let (bytes, _) = self.read_until(|bytes| !bytes.is_empty(), 4096)?;
                let bytes = shown(&bytes);
                let happened = format!("after {:.1} s: {bytes}", begun.elapsed().as_secs_f64());
                Err(self
                    .trial
                    .fail(silence, happened)
                    .in_manner(Manner::TooMuch))
            }
            Ok(0) => Err(self
                .trial
                .fail(silence, "the program closed the connection")
                .in_manner(Manner::Closed)),
            Err(error) if is_timeout(&error) => Ok(()),
            Err(error) => Err(self.trial.fail(silence, describe(&error))),
        }
    }

    /// The failure of a program that said something else than it must.
    pub(crate) fn fail(&self, expected: impl Into<String>, happened: impl Into<String>) -> Stop {
        self.trial.fail(expected, happened)
    }

    /// Leaves with a goodbye: FIN. A close with anything unread would be a reset, so what has come is received
    /// before; of a program that sends without end, the beginning.
    pub(crate) fn close(mut self) {
        const MOST: usize = 16;
        self.finish_sending();
        let mut buffer = vec![0; 64 * 1024];
        for _ in 0..MOST {
            let received = self.socket.set_nonblocking(true);
            let received = received.and_then(|()| self.socket.read(&mut buffer));
            let Ok(size @ 1..) = received else {
                break;
            };
            let unread = &buffer[..size];
            self.trial
                .note(&self.name, Direction::Received, unread, false);
        }
        self.leave();
    }

    /// Leaves without a look at what has come: FIN where nothing lies unread or comes later, else RST.
    pub(crate) fn leave(self) {
        let _ = SockRef::from(&self.socket).set_linger(None);
    }

    /// Leaves by reset: RST.
    pub(crate) fn reset(self) {
        drop(self);
    }

    /// Patience begins anew with each step, as in [`send`](Self::send).
    fn read_until(
        &mut self,
        enough: impl Fn(&[u8]) -> bool,
        most: usize,
    ) -> Result<(Vec<u8>, End)> {
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        while !enough(&bytes) {
            let patience = self.trial.patience();
            if self.trial.is_over() {
                return Ok((bytes, End::Silence(patience)));
            }
            let room = buffer.len().min((most - bytes.len()).max(1));
            let got = self
                .socket
                .set_read_timeout(Some(patience))
                .and_then(|()| self.socket.read(&mut buffer[..room]));
            match got {
                Ok(0) => return Ok((bytes, End::Closed)),
                Ok(size) => {
                    self.trial
                        .note(&self.name, Direction::Received, &buffer[..size], false);
                    bytes.extend_from_slice(&buffer[..size]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => return Ok((bytes, End::Silence(patience))),
                Err(error) if is_reset(&error) => return Ok((bytes, End::Reset)),
                Err(error) => return Err(Stop::NotJudged(format!("receiving: {error}"))),
            }
        }
        Ok((bytes, End::Enough))
    }
}
