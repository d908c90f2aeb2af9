//! The client's side. Python: ftp-class/python/client.py

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use common::files::names::{self, OpenError};
use common::files::transfer::{self, Announced, ReceiveError};
use common::files::{commands::words, progress::Progress};
use common::{console, header};

use crate::FileHeader;

/// Downloads files into one folder and uploads those of another.
#[derive(Debug)]
pub struct FtpClient {
    conn: TcpStream,
    server: SocketAddr,
    share: PathBuf,
    download: PathBuf,
}

impl FtpClient {
    /// A client connected to `server`, with the folders `share` and `download` in `folder`.
    #[must_use]
    pub fn new(conn: TcpStream, server: SocketAddr, folder: &Path) -> Self {
        Self {
            conn,
            server,
            share: folder.join("share"),
            download: folder.join("download"),
        }
    }

    /// Asks for commands until the end of input.
    pub fn run(mut self) -> Result<()> {
        while let Some(command) = console::prompt(">>>:")? {
            let done = match words(&command) {
                ("", _) => Ok(()),
                ("get", name) => self.get(name),
                ("put", name) => self.put(name),
                _ => {
                    console::warn("unknown command: use get NAME, or put NAME");
                    Ok(())
                }
            };
            done.with_context(|| format!("server {}", self.server))?;
        }
        Ok(())
    }

    /// Downloads a file of the server's `share` into `download`.
    fn get(&mut self, name: &str) -> Result<()> {
        if let Err(error) = names::check(name) {
            console::warn(error); // the server would refuse it as well
            return Ok(());
        }
        // (2) sendall: the command
        self.conn
            .write_all(format!("get {name}\n").as_bytes())
            .context("it has closed the connection")?;
        // (3) recv: header length, header
        let header = FileHeader::receive(&mut self.conn)?;
        let Some(header) = header else {
            return Ok(console::print_line("文件不存在")?);
        };
        console::print_line(header.dict())?;
        let size = header.file_size;
        let progress = Progress::new(name, size);
        let announced = Announced {
            name, // and not the one in the header: the server does not choose where files go
            size,
            md5: Some(&header.md5),
        };
        // (4) recv: the file
        let received = transfer::receive_file(&mut self.conn, announced, &self.download, &progress);
        drop(progress); // the bar makes room for the lesson's line
        if let Err(ReceiveError::NotStored(why)) = received {
            console::warn(why);
            return Ok(());
        }
        received?;
        if size > 0 {
            console::print_line(format_args!("总大小:{size} 已下载:{size}"))?;
        }
        Ok(console::print_line("下载成功!")?)
    }

    /// Uploads a file of `share` into the server's `upload`.
    fn put(&mut self, name: &str) -> Result<()> {
        // (5) open the file, md5
        let file = match names::open_shared(&self.share, name) {
            Ok(file) => file,
            Err(OpenError::Missing(_) | OpenError::NotAFile(_)) => {
                return Ok(console::print_line("文件不存在")?);
            }
            Err(error) => {
                console::warn(error);
                return Ok(());
            }
        };
        let header = FileHeader {
            filename: name.to_owned(),
            md5: transfer::md5_of(&file).with_context(|| format!("cannot read {name}"))?,
            file_size: file.size,
        };
        let size = header.file_size;
        let command = format!("put {name}\n").into_bytes();
        let frame = header::pack(&header.encode()?, b"")?;
        // (6) sendall: the command, header length, header
        self.conn
            .write_all(&[command, frame].concat())
            .context("it has closed the connection")?;
        let progress = Progress::new(name, size);
        // (7) sendfile: the file
        transfer::send_file(&self.conn, &file, &progress)?;
        drop(progress);
        if size > 0 {
            console::print_line(format_args!("总大小:{size} 已上传:{size}"))?;
        }
        // (8) recv: what was stored
        let stored = FileHeader::receive(&mut self.conn)
            .with_context(|| format!("the upload of {name} is unconfirmed"))?;
        let Some(stored) = stored else {
            console::warn(format_args!(
                "the server refuses {name}, its own warning says why"
            ));
            return Ok(());
        };
        ensure!(
            (stored.file_size, &stored.md5) == (size, &header.md5),
            "it stored {name} as {}, sent was {}",
            stored.dict(),
            header.dict(),
        );
        Ok(console::print_line("上传成功!")?)
    }
}
