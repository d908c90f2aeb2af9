//! The server's side. Python: ftp-class/python/server.py

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use common::files::commands::{Commands, words};
use common::files::names::{self, OpenError, OpenFile};
use common::files::progress::Progress;
use common::files::transfer::{self, Announced, ReceiveError};
use common::net::Listener;
use common::{console, header, net, notation};

use crate::{BadHeader, FileHeader, MAX_COMMAND};

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
        conn.set_read_timeout(self.limit)?;
        conn.set_write_timeout(self.limit)?;
        let mut commands = Commands::ended_by_newline(conn, MAX_COMMAND);
        // (3) recv: a command
        while let Some(command) = commands.next_command()? {
            let command = String::from_utf8_lossy(&command);
            // The lesson's server calls whatever attribute the command names. Here the commands
            // are matched, and there are these two.
            match words(&command) {
                ("get", name) => self.get(conn, peer, name)?,
                ("put", _) => self.put(conn, peer, &mut commands)?,
                (unknown, _) => {
                    let unknown = notation::string(unknown);
                    console::warn(format_args!("{peer}: unknown command {unknown}"));
                }
            }
        }
        Ok(())
    }

    /// Sends a file of `share`.
    fn get(&self, mut conn: &TcpStream, peer: SocketAddr, name: &str) -> Result<()> {
        // (4) open the file, md5
        let (file, header) = match self.open(name) {
            Ok(opened) => opened,
            Err(error) => {
                console::warn(format_args!("{peer}: {error:#}"));
                return Ok(conn.write_all(&[0; 4])?); // a length of 0: there is no such file
            }
        };
        // (5) sendall: header length, header
        conn.write_all(&header::pack(&header.encode()?, b"")?)
            .context("cannot send the answer")?;
        // (6) sendfile: the file
        transfer::send_file(conn, &file, &Progress::hidden())?;
        Ok(())
    }

    /// Stores a file in `upload`. `stream` is what comes behind the command.
    fn put(&self, mut conn: &TcpStream, peer: SocketAddr, stream: &mut impl Read) -> Result<()> {
        // (7) recv: header length, header
        let header = match FileHeader::receive(stream) {
            Ok(Some(header)) => header,
            Ok(None) => return hang_up(conn, BadHeader::Empty),
            Err(error) => return hang_up(conn, error),
        };
        console::print_line(header.dict())?;
        let announced = Announced {
            name: &header.filename,
            size: header.file_size,
            md5: Some(&header.md5),
        };
        // (8) recv: the file
        let md5 = match transfer::receive_file(stream, announced, &self.upload, &Progress::hidden())
        {
            Ok(md5) => md5,
            Err(ReceiveError::NotStored(why)) => {
                console::warn(format_args!("{peer}: {why}"));
                return Ok(conn.write_all(&[0; 4])?); // a length of 0: nothing was stored
            }
            Err(error) => return Err(error.into()),
        };
        let stored = FileHeader { md5, ..header };
        // (9) sendall: what was stored
        conn.write_all(&header::pack(&stored.encode()?, b"")?)
            .context("cannot send the answer")
    }

    fn open(&self, name: &str) -> Result<(OpenFile, FileHeader)> {
        let file = names::open_shared(&self.share, name)?;
        let header = FileHeader {
            filename: name.to_owned(),
            md5: transfer::md5_of(&file).with_context(|| format!("cannot read {name}"))?,
            file_size: file.size,
        };
        Ok((file, header))
    }
}

/// Ends a conversation after a bad header: nobody knows where the next command would begin.
fn hang_up(mut conn: &TcpStream, error: BadHeader) -> Result<()> {
    let _ = conn.write_all(&[0; 4]);
    net::hang_up(conn);
    Err(error.into())
}
