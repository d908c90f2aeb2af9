//! Commands on a stream: lines, `get a.txt\n`.
//!
//! TCP keeps no boundaries, so a command needs an end of its own, and that is the newline. The
//! lessons' clients send none; [`Commands::ended_by_newline_or_pause`] takes what comes before a pause for a
//! command too, until the peer shows that it sends newlines.
//!
//! Python: `common/python/common/files/commands.py`

use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::mem;
use std::net::TcpStream;
use std::time::Duration;

use thiserror::Error;

use crate::console::{is_space, strip};
use crate::net;

/// What ends a command of a peer that sends no newlines.
const PAUSE: Duration = Duration::from_millis(100);

/// Why the next command was not accepted. What follows on the stream is of no more use.
#[derive(Debug, Error)]
pub enum CommandError {
    /// Longer than the limit, in bytes.
    #[error("bad command: it is longer than {0} bytes")]
    TooLong(usize),
    /// The peer closed before the newline.
    #[error("peer closed in the middle of a command")]
    Closed,
    /// The peer sent no newline for as long as the socket's time limit.
    #[error("peer stalled in the middle of a command")]
    Stalled,
    /// The connection was lost.
    #[error("connection lost: {0}")]
    Lost(io::Error),
}

/// Reads commands, and what follows them: [`Read`] gives the bytes after the last command.
#[derive(Debug)]
pub struct Commands<'a> {
    stream: BufReader<&'a TcpStream>,
    limit: usize,
    /// What ends a command besides the newline, until there has been one.
    pause: Option<Duration>,
    partial: Vec<u8>,
}

impl<'a> Commands<'a> {
    /// Reads commands of at most `limit` bytes, each with a newline behind it.
    #[must_use]
    pub fn ended_by_newline(stream: &'a TcpStream, limit: usize) -> Self {
        Self {
            stream: BufReader::with_capacity(limit + 1, stream),
            limit,
            pause: None,
            partial: Vec::new(),
        }
    }

    /// As [`ended_by_newline`](Self::ended_by_newline), but before the first newline of this peer, a
    /// pause ends a command as well: the peer waits for the answer.
    #[must_use]
    pub fn ended_by_newline_or_pause(stream: &'a TcpStream, limit: usize) -> Self {
        Self {
            pause: Some(PAUSE),
            ..Self::ended_by_newline(stream, limit)
        }
    }

    /// The next command without its newline, `None` when the peer has closed.
    ///
    /// Waits for ever for its beginning, and as long as the socket's time limit for its end.
    pub fn next_command(&mut self) -> Result<Option<Vec<u8>>, CommandError> {
        let waits = self.stream.buffer().is_empty();
        if waits && !net::wait_for_message(self.stream.get_ref()).map_err(CommandError::Lost)? {
            return Ok(None);
        }
        if self.pause.is_none() {
            return self.line();
        }
        // No newline yet from this peer: a command that came in two segments must not be taken
        // for two, so it ends where a newline or a pause is.
        let limit = self.stream.get_ref().read_timeout();
        let limit = limit.map_err(CommandError::Lost)?;
        self.set_read_timeout(self.pause)?;
        let command = self.line();
        self.set_read_timeout(limit)?;
        match command {
            Err(CommandError::Stalled | CommandError::Closed) if !self.partial.is_empty() => {
                Ok(Some(mem::take(&mut self.partial)))
            }
            command => command,
        }
    }

    /// Reads to the next newline. What came before an error is in `partial`.
    fn line(&mut self) -> Result<Option<Vec<u8>>, CommandError> {
        loop {
            let data = match self.stream.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result.map_err(failed)?,
            };
            if data.is_empty() {
                return Err(CommandError::Closed);
            }
            let newline = data.iter().position(|&byte| byte == b'\n');
            self.partial
                .extend_from_slice(&data[..newline.unwrap_or(data.len())]);
            let used = newline.map_or(data.len(), |newline| newline + 1);
            self.stream.consume(used);
            if self.partial.len() > self.limit {
                return Err(CommandError::TooLong(self.limit));
            }
            if newline.is_some() {
                self.pause = None;
                return Ok(Some(mem::take(&mut self.partial)));
            }
        }
    }

    fn set_read_timeout(&self, limit: Option<Duration>) -> Result<(), CommandError> {
        let set = self.stream.get_ref().set_read_timeout(limit);
        set.map_err(CommandError::Lost)
    }
}

impl Read for Commands<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

/// A command's first word, and the rest without the blanks around it: file names may have blanks.
///
/// ```
/// assert_eq!(common::files::commands::words(" get my file.txt "), ("get", "my file.txt"));
/// ```
#[must_use]
pub fn words(command: &str) -> (&str, &str) {
    let command = strip(command);
    let (verb, rest) = command.split_once(is_space).unwrap_or((command, ""));
    (verb, strip(rest))
}

fn failed(error: io::Error) -> CommandError {
    if net::is_timeout(&error) {
        CommandError::Stalled
    } else {
        CommandError::Lost(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::loopback::connection;
    use proptest::prelude::*;
    use std::io::Write;
    use std::thread;

    #[test]
    fn several_commands_in_one_segment_are_several_commands() {
        let (near, mut far) = connection().unwrap();
        let mut commands = Commands::ended_by_newline_or_pause(&near, 100);
        far.write_all(b"get a b.txt\n\nls\nrest").unwrap();
        for expected in ["get a b.txt", "", "ls"] {
            assert_eq!(
                commands.next_command().unwrap().unwrap(),
                expected.as_bytes()
            );
        }
        let mut rest = [0; 4];
        commands.read_exact(&mut rest).unwrap();
        assert_eq!(&rest, b"rest");
        drop(far);
        assert!(commands.next_command().unwrap().is_none());
    }

    #[test]
    fn a_pause_ends_a_command_until_the_peer_sends_a_newline() {
        let (near, mut far) = connection().unwrap();
        let mut commands = Commands::ended_by_newline_or_pause(&near, 100);
        far.write_all(b"get a.txt").unwrap();
        assert_eq!(commands.next_command().unwrap().unwrap(), b"get a.txt");
        assert_eq!(near.read_timeout().unwrap(), None);
        far.write_all(b"ls\nget ").unwrap();
        assert_eq!(commands.next_command().unwrap().unwrap(), b"ls");
        far.write_all(b"a.txt\n").unwrap();
        assert_eq!(commands.next_command().unwrap().unwrap(), b"get a.txt");
    }

    #[test]
    fn the_first_command_may_come_byte_by_byte_and_without_a_newline_at_the_end() {
        let (near, mut far) = connection().unwrap();
        // Longer than a busy machine may leave the sender waiting. The end of the stream ends the command as well.
        let mut commands = Commands {
            pause: Some(Duration::from_secs(20)),
            ..Commands::ended_by_newline(&near, 100)
        };
        let sender = thread::spawn(move || {
            for byte in b"ls" {
                far.write_all(&[*byte]).unwrap();
                thread::yield_now();
            }
        });
        assert_eq!(commands.next_command().unwrap().unwrap(), b"ls");
        assert!(commands.next_command().unwrap().is_none());
        sender.join().unwrap();
    }

    #[test]
    fn a_line_that_does_not_end_is_an_error() {
        let (near, mut far) = connection().unwrap();
        near.set_read_timeout(Some(Duration::from_millis(20)))
            .unwrap();
        let mut commands = Commands::ended_by_newline(&near, 100);
        far.write_all(b"get a.txt").unwrap();
        let error = commands.next_command().unwrap_err();
        assert!(matches!(error, CommandError::Stalled), "{error}");
        far.write_all(b"get a.txt").unwrap();
        drop(far);
        let error = commands.next_command().unwrap_err();
        assert!(matches!(error, CommandError::Closed), "{error}");
    }

    #[test]
    fn the_longest_command_passes_and_one_byte_more_is_refused() {
        for pause in [None, Some(PAUSE)] {
            let (near, mut far) = connection().unwrap();
            let mut commands = Commands {
                pause,
                ..Commands::ended_by_newline(&near, 10)
            };
            far.write_all(b"0123456789\n0123456789A\n").unwrap();
            assert_eq!(commands.next_command().unwrap().unwrap(), b"0123456789");
            let error = commands.next_command().unwrap_err();
            assert!(matches!(error, CommandError::TooLong(10)), "{error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn random_bytes_are_split_at_their_newlines(
            pieces in proptest::collection::vec(r"[a-c\n]{1,5}", 1..8)
        ) {
            let (near, mut far) = connection().unwrap();
            let mut commands = Commands::ended_by_newline(&near, 100);
            for piece in &pieces {
                far.write_all(piece.as_bytes()).unwrap();
            }
            far.write_all(b"\n").unwrap();
            drop(far);
            let mut read = Vec::new();
            while let Some(command) = commands.next_command().unwrap() {
                read.push(String::from_utf8(command).unwrap());
            }
            prop_assert_eq!(read.join("\n"), pieces.concat());
        }
    }
}
