//! File transfer written as a class: the client, with a method for each command.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

/// The longest header that is accepted, in bytes.
const MAX_HEADER: usize = 64 * 1024;

fn main() -> ExitCode {
    let server = given::server_address(8080);
    let folder = given::client_folder(".");
    match run(server, &folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(format_args!("server {server}"), error),
    }
}

/// Asks for commands until the end of the input.
fn run(server: SocketAddr, folder: &Path) -> io::Result<()> {
    let (share, download) = (folder.join("share"), folder.join("download"));
    fs::create_dir_all(&download)?;
    //~ uncomment
    // (1) socket, connect
    let conn = TcpStream::connect(server)?;
    let mut client = FtpClient {
        conn,
        share,
        download,
    };
    while let Some(line) = given::prompt(">>>:")? {
        let line = line.trim();
        match line.split_once(' ').unwrap_or((line, "")) {
            ("", _) => {}
            ("get", name) if is_plain(name) => client.get(name)?,
            ("put", name) if is_plain(name) => client.put(name)?,
            _ => eprintln!("error: use get NAME, or put NAME, with a plain name"),
        }
    }
    Ok(())
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}

/// Downloads files into one folder and uploads those of another.
struct FtpClient {
    conn: TcpStream,
    share: PathBuf,
    download: PathBuf,
}

impl FtpClient {
    /// Downloads a file of the server's `share` into `download`.
    fn get(&mut self, name: &str) -> io::Result<()> {
        // (2) sendall: the command
        //~ write
        self.conn.write_all(format!("get {name}\n").as_bytes())?;
        //~ end
        // (3) recv: header length, header
        let Some(header) = FileHeader::receive(&mut self.conn)? else {
            println!("文件不存在");
            return Ok(());
        };
        println!("{}", header.dict());
        // (4) recv: the file
        if self.store(name, &header)? {
            let size = header.file_size;
            if size > 0 {
                println!("总大小:{size} 已下载:{size}");
            }
            println!("下载成功!");
        } else {
            eprintln!("error: the md5 is not {}: nothing is stored", header.md5);
        }
        Ok(())
    }

    /// Uploads a file of `share` into the server's `upload`.
    fn put(&mut self, name: &str) -> io::Result<()> {
        // (5) open the file, md5
        let path = self.share.join(name);
        if !path.is_file() {
            println!("文件不存在");
            return Ok(());
        }
        let mut file = File::open(path)?;
        let header = FileHeader::of(name, &mut file)?;
        // (6) sendall: the command, header length, header
        //~ write
        let command = format!("put {name}\n").into_bytes();
        self.conn.write_all(&[command, header.pack()?].concat())?;
        //~ end
        // (7) sendfile: the file
        io::copy(&mut file, &mut self.conn)?;
        let size = header.file_size;
        if size > 0 {
            println!("总大小:{size} 已上传:{size}");
        }
        // (8) recv: what was stored
        let stored = FileHeader::receive(&mut self.conn)?;
        //~ write
        let Some(stored) = stored else {
            eprintln!("error: the server refuses {name}");
            return Ok(());
        };
        if (stored.file_size, &stored.md5) != (size, &header.md5) {
            return Err(bad(&format!("it has stored {}", stored.dict())));
        }
        println!("上传成功!");
        //~ end
        Ok(())
    }

    /// Receives a file, and gives it its name if its md5 is right. Tells whether it is.
    fn store(&mut self, name: &str, header: &FileHeader) -> io::Result<bool> {
        let part = self.download.join(format!("{name}.part"));
        let received = receive_file(&mut self.conn, &part, header.file_size);
        let stored = received.and_then(|md5| {
            if md5 == header.md5 {
                fs::rename(&part, self.download.join(name))?;
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

    /// Receives a header's length and the header. `None` if the length is 0.
    fn receive(stream: &mut impl Read) -> io::Result<Option<Self>> {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        //~ write
        //~| let length = 0;
        let length = match usize::try_from(i32::from_le_bytes(length)) {
            Ok(0) => return Ok(None),
            Ok(length @ 1..=MAX_HEADER) => length,
            _ => return Err(bad("a header of a length that cannot be")),
        };
        //~ end
        let mut bytes = vec![0; length];
        stream.read_exact(&mut bytes)?;
        // Whatever length a text claims, no more than this is allocated for it.
        let config = bincode::config::legacy().with_limit::<MAX_HEADER>();
        let (header, used): (Self, usize) =
            bincode::serde::decode_from_slice(&bytes, config).map_err(io::Error::other)?;
        if used < length || header.file_size > i64::MAX as u64 {
            return Err(bad("a header that is too long, or a size that cannot be"));
        }
        Ok(Some(header))
    }

    /// As Python prints it.
    fn dict(&self) -> String {
        let (name, md5) = (given::harmless(&self.filename), given::harmless(&self.md5));
        let size = self.file_size;
        format!("{{'filename': '{name}', 'md5': '{md5}', 'file_size': {size}}}")
    }
}

/// Whether a name is one component of a path.
fn is_plain(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\'])
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

/// What a server says that no server of ours says.
fn bad(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}
