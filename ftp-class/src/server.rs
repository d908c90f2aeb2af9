//! The server's side. Python: ftp-class/python/server.py

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use common::commands::{Commands, words};
use common::names::{OpenError, OpenFile};
use common::net::Listener;
use common::progress::Progress;
use common::transfer::Announced;
use common::{console, header, names, net, notation, transfer};

use crate::{FileHeader, MAX_COMMAND};

/// Serves the files of one folder and stores uploads in another.
#[derive(Debug)]
pub struct FtpServer {
    share: PathBuf,
    upload: PathBuf,
    limit: Option<Duration>,
}

impl FtpServer {
    /// A server for the folders `share`, which must exist, and `upload` in `folder`. `limit` bounds
    /// how long a client may stall in the middle of something.
    pub fn new(folder: &Path, limit: Option<Duration>) -> Result<Self, OpenError> {
        let share = folder.join("share");
        names::check_folder(&share)?;
        Ok(Self {
            share,
            upload: folder.join("upload"),
            limit,
        })
    }

    /// Serves for ever, each client in a thread of its own.
    pub fn run(self, mut listener: Listener) -> Result<()> {
        console::print_line("starting...")?;
        let server = Arc::new(self);
        loop {
            // (2) accept
            let (conn, peer) = listener.accept()?;
            console::print_line(notation::address(peer))?;
            let server = Arc::clone(&server);
            net::converse_in_thread(conn, peer, move |conn| server.converse(conn, peer));
        }
    }

    fn converse(&self, conn: &TcpStream, peer: SocketAddr) -> Result<()> {
        net::limit_stalls(conn, self.limit)?;
        let mut commands = Commands::lines(conn, MAX_COMMAND);
        // (3) recv: a command
        while let Some(command) = commands.next_command()? {
            let command = String::from_utf8_lossy(&command);
            // The lesson's server calls whatever attribute the command names. Here the commands
            // are matched, and there are these two.
            match words(&command) {
                ("get", name) => self.get(conn, peer, name)?,
                ("put", _) => self.put(conn, peer, &mut commands)?,
                (unknown, _) => {
                    console::warn(format_args!(
                        "{peer}: unknown command {}",
                        notation::string(unknown)
                    ));
                }
            }
        }
        Ok(())
    }

    fn open(&self, name: &str) -> Result<(OpenFile, FileHeader)> {
        // (4) open the file, md5
        let file = names::open_shared(&self.share, name)?;
        let md5 = transfer::md5_of(&file).with_context(|| format!("cannot read {name}"))?;
        let header = FileHeader {
            filename: name.to_owned(),
            md5,
            file_size: file.size,
        };
        Ok((file, header))
    }

    fn get(&self, conn: &TcpStream, peer: SocketAddr, name: &str) -> Result<()> {
        match self.open(name) {
            Ok((file, header)) => {
                // (5) sendall: header length, header
                send(conn, &header.encode()?)?;
                // (6) sendfile: the file
                transfer::send_file(conn, &file, name, &Progress::hidden())?;
                Ok(())
            }
            Err(error) => {
                console::warn(format_args!("{peer}: {error:#}"));
                send(conn, b"") // a length of 0: there is no such file
            }
        }
    }

    fn put(&self, conn: &TcpStream, peer: SocketAddr, stream: &mut impl Read) -> Result<()> {
        // (7) recv: header length, header
        let header = match FileHeader::receive(stream) {
            Ok(Some(header)) => header,
            bad => {
                // Nobody knows where the next command would begin.
                let _ = send(conn, b"");
                net::hang_up(conn);
                return Err(bad
                    .err()
                    .map_or_else(|| anyhow!("bad header: it is empty"), Into::into));
            }
        };
        console::print_line(header.dict())?;
        let announced = Announced {
            name: &header.filename,
            size: header.file_size,
            md5: Some(&header.md5),
        };
        // (8) recv: the file
        match transfer::receive_file(stream, announced, &self.upload, &Progress::hidden()) {
            // (9) sendall: what was stored
            Ok(md5) => send(conn, &FileHeader { md5, ..header }.encode()?),
            Err(error) if error.leaves_stream_in_step() => {
                console::warn(format_args!("{peer}: {error}"));
                send(conn, b"") // a length of 0: nothing was stored
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Sends a header's length and the header.
fn send(conn: &TcpStream, header: &[u8]) -> Result<()> {
    let frame = header::pack(header, b"")?;
    net::send_unless_stalled(conn, &frame).context("cannot send the answer")
}
