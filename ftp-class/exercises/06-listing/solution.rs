//! File transfer written as a class: the server, which lists its files too.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

/// The longest command, in bytes.
const MAX_COMMAND: u64 = 4096;

/// The longest header that is accepted, in bytes.
const MAX_HEADER: usize = 64 * 1024;

/// The largest file that is accepted: 1 TiB.
const MAX_SIZE: u64 = 1 << 40;

fn main() -> io::Result<()> {
    let address = given::listen_address(8080);
    let folder = given::server_folder(".");
    let server = FtpServer {
        share: folder.join("share"),
        upload: folder.join("upload"),
    };
    fs::create_dir_all(&server.upload)?;
    // (1) socket, setsockopt SO_REUSEADDR, bind, listen
    let listener = TcpListener::bind(address)?;
    println!("starting...");
    loop {
        // (2) accept
        let (conn, peer) = listener.accept()?;
        println!("{}", given::repr_address(peer));
        if let Err(error) = server.converse(&conn) {
            eprintln!("hung up on {peer}: {error}");
        }
    }
}

/// Serves the files of one folder and stores uploads in another.
struct FtpServer {
    share: PathBuf,
    upload: PathBuf,
}

impl FtpServer {
    /// The conversation with one client, until it hangs up.
    fn converse(&self, conn: &TcpStream) -> io::Result<()> {
        // It keeps what came behind a command for whoever reads next.
        let mut stream = BufReader::new(conn);
        loop {
            // (3) recv: a command, up to its newline
            let mut line = Vec::new();
            (&mut stream)
                .take(MAX_COMMAND)
                .read_until(b'\n', &mut line)?;
            if line.last() != Some(&b'\n') {
                return Ok(()); // it has hung up, or says more than a command may have
            }
            let line = String::from_utf8_lossy(&line);
            let line = line.trim();
            let (verb, name) = line.split_once(' ').unwrap_or((line, ""));
            match verb {
                "get" => self.get(conn, name)?,
                "put" => self.put(conn, &mut stream)?,
                //~ write
                //~| // TODO: `ls`, which has no name behind it
                "ls" if name.is_empty() => self.ls(conn)?,
                //~ end
                _ => eprintln!("unknown command {verb:?}"),
            }
        }
    }

    /// Sends a file of `share`.
    fn get(&self, mut conn: &TcpStream, name: &str) -> io::Result<()> {
        // (4) open the file, md5
        let Some(mut file) = open_file(&self.share, name) else {
            return conn.write_all(&[0; 4]); // a length of 0: there is no such file
        };
        let header = FileHeader::of(name, &mut file)?;
        // (5) sendall: header length, header
        conn.write_all(&header.pack()?)?;
        // (6) sendfile: the file
        io::copy(&mut file, &mut conn)?;
        Ok(())
    }

    /// Stores a file in `upload`. `stream` is what comes behind the command.
    fn put(&self, mut conn: &TcpStream, stream: &mut impl Read) -> io::Result<()> {
        // (7) recv: header length, header
        let header = FileHeader::receive(stream)?;
        println!("{}", header.dict());
        if !is_plain(&header.filename) {
            return Err(bad("a file name that leads elsewhere"));
        }
        // (8) recv: the file
        if !self.store(stream, &header)? {
            return conn.write_all(&[0; 4]); // a length of 0: nothing was stored
        }
        // (9) sendall: what was stored
        conn.write_all(&header.pack()?)
    }

    /// Lists the files of `share` that `get` would send: the list's length, then a line for each.
    fn ls(&self, mut conn: &TcpStream) -> io::Result<()> {
        //~ write
        //~| // TODO: the names in their order, a newline after each; before all the length
        //~| Ok(())
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.share)? {
            // One that is not UTF-8 cannot be sent, nor asked for.
            names.extend(entry?.file_name().into_string());
        }
        names.retain(|name| open_file(&self.share, name).is_some());
        names.sort();
        let list: String = names.iter().map(|name| format!("{name}\n")).collect();
        let length = list.len() as i32;
        conn.write_all(&[&length.to_le_bytes(), list.as_bytes()].concat())
        //~ end
    }

    /// Receives a file, and gives it its name if its md5 is right. Tells whether it is.
    fn store(&self, stream: &mut impl Read, header: &FileHeader) -> io::Result<bool> {
        let part = self.upload.join(format!("{}.part", header.filename));
        let stored = receive_file(stream, &part, header.file_size).and_then(|md5| {
            if md5 == header.md5 {
                fs::rename(&part, self.upload.join(&header.filename))?;
            }
            Ok(md5 == header.md5)
        });
        if !matches!(stored, Ok(true)) {
            let _ = fs::remove_file(&part);
        }
        stored
    }
}

/// What a side tells about a file, in this order, as bincode.
#[derive(Serialize, Deserialize)]
struct FileHeader {
    filename: String,
    md5: String,
    file_size: u64,
}

impl FileHeader {
    /// The header of a file, which is read to its end and set back to its beginning.
    fn of(name: &str, file: &mut File) -> io::Result<Self> {
        let mut md5 = Md5::new();
        let file_size = io::copy(file, &mut md5)?;
        file.rewind()?;
        Ok(Self {
            filename: name.to_owned(),
            md5: format!("{:x}", md5.finalize()),
            file_size,
        })
    }

    /// As it goes over the wire: its length in 4 bytes (signed, little-endian), then its bytes.
    fn pack(&self) -> io::Result<Vec<u8>> {
        let header = bincode::serde::encode_to_vec(self, bincode::config::legacy())
            .map_err(io::Error::other)?;
        let length = header.len() as i32;
        Ok([&length.to_le_bytes(), &header[..]].concat())
    }

    /// Receives a header's length and the header.
    fn receive(stream: &mut impl Read) -> io::Result<Self> {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let Ok(length @ 1..=MAX_HEADER) = usize::try_from(i32::from_le_bytes(length)) else {
            return Err(bad("a header of a length that cannot be"));
        };
        let mut bytes = vec![0; length];
        stream.read_exact(&mut bytes)?;
        // Whatever length a text claims, no more than this is allocated for it.
        let config = bincode::config::legacy().with_limit::<MAX_HEADER>();
        let (header, used): (Self, usize) =
            bincode::serde::decode_from_slice(&bytes, config).map_err(io::Error::other)?;
        if used < length || header.file_size > MAX_SIZE {
            return Err(bad("a header that is too long, or a size that cannot be"));
        }
        Ok(header)
    }

    /// As Python prints it.
    fn dict(&self) -> String {
        let (name, md5) = (given::harmless(&self.filename), given::harmless(&self.md5));
        let size = self.file_size;
        format!("{{'filename': '{name}', 'md5': '{md5}', 'file_size': {size}}}")
    }
}

/// Whether a name is one component of a path, and harmless on a screen.
fn is_plain(name: &str) -> bool {
    let harmful = |c: char| c == '/' || c == '\\' || c.is_control();
    !matches!(name, "" | "." | "..") && !name.contains(harmful)
}

/// Opens the file that has this name in the folder. `None` if there is none.
fn open_file(folder: &Path, name: &str) -> Option<File> {
    let path = folder.join(name);
    // The file itself: no folder, and no link, which may lead elsewhere.
    let is_file = |path: &Path| path.symlink_metadata().is_ok_and(|it| it.is_file());
    if !is_plain(name) || !is_file(&path) {
        return None;
    }
    File::open(path).ok()
}

/// Receives the `size` bytes of a file, not one more, and tells their md5.
fn receive_file(stream: &mut impl Read, path: &Path, size: u64) -> io::Result<String> {
    let mut file = File::create(path)?;
    let mut md5 = Md5::new();
    let mut buffer = [0; 64 * 1024];
    let mut left = size;
    while left > 0 {
        let most = left.min(buffer.len() as u64) as usize;
        let got = stream.read(&mut buffer[..most])?;
        if got == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        file.write_all(&buffer[..got])?;
        md5.update(&buffer[..got]);
        left -= got as u64;
    }
    Ok(format!("{:x}", md5.finalize()))
}

/// What a client sends that no client of ours sends.
fn bad(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}
