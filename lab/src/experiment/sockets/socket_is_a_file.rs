//! `fileno` and `makefile`: a socket is an open file.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::report::{Steps, Verdict};
use crate::host::sockets;

/// It has a descriptor, and can be read by lines.
pub struct SocketIsAFile;

/// The same socket, from three sides.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// `fileno()`
    pub descriptor: i32,
    /// What that descriptor is, in `/proc/self/fd`.
    pub open_file: String,
    /// The number that `/proc/net/tcp` gives for this connection.
    pub inode: u64,
    /// What `makefile().readline()` returned, twice, of two lines in one send.
    pub lines: Vec<String>,
}

impl Experiment for SocketIsAFile {
    const NAME: &'static str = "socket-is-a-file";
    const CLAIM: &'static str =
        "fileno is a socket's file descriptor, makefile makes a file that belongs to it";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;

        log.step("ask for the client's descriptor, and what /proc/self/fd has under it");
        let descriptor = descriptor(&client)?;
        let open_file = std::fs::read_link(format!("/proc/self/fd/{descriptor}"));
        let connection = sockets::tcp_socket(client.local_addr()?, client.peer_addr()?)?;

        log.step("the server sends two lines at once, the client reads them like a file's");
        server.write_all(b"first\nsecond\n")?;
        let mut file = BufReader::new(client.try_clone()?);
        let mut lines = Vec::new();
        for _ in 0..2 {
            let mut line = String::new();
            file.read_line(&mut line)?;
            lines.push(line.trim_end().to_owned());
        }
        Ok(Seen {
            descriptor,
            open_file: open_file?.display().to_string(),
            inode: connection.map_or(0, |connection| connection.inode),
            lines,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.open_file == format!("socket:[{}]", seen.inode) && seen.lines.len() == 2,
            "the descriptor is the very socket that the system lists as this connection, and lines \
             can be read from it: a newline is the simplest of frames",
            "the descriptor is something else",
        )
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "the other version fails")]
fn descriptor(socket: &TcpStream) -> Result<i32> {
    use std::os::fd::AsRawFd;
    Ok(socket.as_raw_fd())
}

#[cfg(not(unix))]
fn descriptor(_socket: &TcpStream) -> Result<i32> {
    super::cannot_be_seen("it needs Unix: elsewhere a socket is no file")
}
