//! What a client says: commands, and so many bytes.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use crate::check::faults::BrokenArgs;
use crate::check::faults::files::{BOTH, GET};

/// One client's connection, and what was received from it but not used.
pub(super) struct Client<'a> {
    pub(super) args: &'a BrokenArgs,
    conn: &'a TcpStream,
    pub(super) buffer: Vec<u8>,
    sends_lines: bool,
}

impl<'a> Client<'a> {
    pub(super) fn new(args: &'a BrokenArgs, conn: &'a TcpStream) -> Self {
        Self {
            args,
            conn,
            buffer: Vec::new(),
            sends_lines: args.target != GET,
        }
    }

    /// Receives some more; 0 when the client has left.
    pub(super) fn receive(&mut self) -> io::Result<usize> {
        let mut more = [0; 16 * 1024];
        let size = (&mut &*self.conn).read(&mut more)?;
        self.buffer.extend_from_slice(&more[..size]);
        Ok(size)
    }

    /// The next command.
    pub(super) fn command(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let mut command: Vec<u8> = self.buffer.drain(..=end).collect();
                if !self.args.has("keeps-the-newline") {
                    command.pop();
                }
                if self.args.has("reads-a-command-a-segment") {
                    self.buffer.clear();
                }
                self.sends_lines = true;
                return Ok(Some(command));
            }
            if !self.sends_lines && !self.buffer.is_empty() {
                return Ok(Some(std::mem::take(&mut self.buffer)));
            }
            if self.buffer.len() > 8192 && !self.args.has("keeps-endless-commands") {
                return Err(ErrorKind::InvalidData.into());
            }
            let begun = !self.buffer.is_empty();
            match self.receive()? {
                0 if begun && self.args.has("spins-in-mid-command") => {}
                0 if !begun && self.args.has("spins-at-hang-up") => {}
                0 => return Ok(None),
                _ => {}
            }
        }
    }

    /// The next `size` bytes. `None` when the client left before the first of them.
    pub(super) fn take(&mut self, size: usize) -> io::Result<Option<Vec<u8>>> {
        while self.buffer.len() < size {
            match self.receive()? {
                0 if self.args.has("spins-in-mid-header") && !self.buffer.is_empty() => {}
                0 if self.buffer.is_empty() && size == 4 => return Ok(None),
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                got if got < size && size == 4 && self.args.has("reads-the-length-once") => {
                    return Err(ErrorKind::InvalidData.into());
                }
                _ => {}
            }
        }
        Ok(Some(self.buffer.drain(..size).collect()))
    }

    /// Sends a header with its length before it, and a body.
    pub(super) fn send(&mut self, header: &[u8], body: &[u8]) -> io::Result<()> {
        let length = i32::try_from(header.len()).unwrap_or_default();
        let length = if self.args.has("packs-big-endian") {
            length.to_be_bytes()
        } else {
            length.to_le_bytes()
        };
        self.send_raw(&[&length[..], header, body].concat())
    }

    /// Sends bytes as they are.
    pub(super) fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sent = (&mut &*self.conn).write_all(bytes);
        if sent.is_err() && self.args.has("dies-of-a-lost-client") {
            std::process::exit(1);
        }
        sent
    }

    /// The header of program 15.
    pub(super) fn bincode(&self, name: &str, md5: &str, size: u64) -> Vec<u8> {
        debug_assert_eq!(self.args.target, BOTH);
        let mut bytes = Vec::new();
        for text in [name, md5] {
            let length = if self.args.has("counts-characters") {
                text.chars().count()
            } else {
                text.len()
            };
            bytes.extend_from_slice(&(length as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes.extend_from_slice(&size.to_le_bytes());
        bytes
    }
}
