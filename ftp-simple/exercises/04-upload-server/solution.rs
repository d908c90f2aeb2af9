//! Stores the files that clients send, and tells each client the md5 of what has arrived.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::Value;

/// The longest header that is accepted, in bytes.
const MAX_HEADER: usize = 64 * 1024;

/// The largest file that is accepted: 1 TiB.
const MAX_SIZE: u64 = 1 << 40;

/// What a client says before its file.
#[derive(Deserialize)]
struct Announced {
    file_name: String,
    file_size: u64,
}

fn main() -> io::Result<()> {
    let address = given::listen_address(8080);
    let upload = given::server_folder("upload");
    fs::create_dir_all(&upload)?;
    //~ uncomment
    // (1) socket, setsockopt SO_REUSEADDR, bind, listen
    let listener = TcpListener::bind(address)?;
    loop {
        // (2) accept
        let (conn, peer) = listener.accept()?;
        // The end of the connection is no error: so a client says that it has no more files.
        if let Err(error) = serve(conn, &upload)
            && error.kind() != ErrorKind::UnexpectedEof
        {
            eprintln!("hung up on {peer}: {error}");
        }
    }
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}

/// Stores the files of one client, until the connection ends or a header makes no sense.
fn serve(mut conn: TcpStream, upload: &Path) -> io::Result<()> {
    loop {
        // (3) recv: header length, header
        let announced = receive_header(&mut conn)?;
        let (name, size) = (announced.file_name, announced.file_size);
        // (4) recv: the file
        let md5 = store(&mut conn, &upload.join(&name), size)?;
        // (5) sendall: what was stored
        let name = json_text(&name);
        let header = format!(r#"{{"file_name": {name}, "file_size": {size}, "md5": "{md5}"}}"#);
        conn.write_all(&frame(&header))?;
    }
}

/// Receives a header and looks at what it says: whoever connects can send anything.
fn receive_header(conn: &mut TcpStream) -> io::Result<Announced> {
    let mut length = [0; 4];
    conn.read_exact(&mut length)?;
    let length = i32::from_le_bytes(length);
    //~ write
    //~| let mut header = Vec::new();
    let Ok(length @ 1..=MAX_HEADER) = usize::try_from(length) else {
        return Err(io::Error::other(format!("no header has {length} bytes")));
    };
    let mut header = vec![0; length];
    //~ end
    conn.read_exact(&mut header)?;
    let announced: Announced = serde_json::from_slice(&header)?;
    let (name, size) = (&announced.file_name, announced.file_size);
    // One plain name: a path leads elsewhere, and a terminal obeys control characters.
    if matches!(name.as_str(), "" | "." | "..")
        || name.contains(|c: char| c == '/' || c == '\\' || c.is_control())
    {
        return Err(io::Error::other(format!("no file name: {name:?}")));
    }
    //~ write
    if size > MAX_SIZE {
        return Err(io::Error::other(format!("no file has {size} bytes")));
    }
    //~ end
    Ok(announced)
}

/// Stores what comes, and gives it its name when it is whole. Tells its md5.
fn store(conn: &mut TcpStream, path: &Path, size: u64) -> io::Result<String> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let stored = receive_file(conn, part.as_ref(), size).and_then(|md5| {
        fs::rename(&part, path)?;
        Ok(md5)
    });
    if stored.is_err() {
        let _ = fs::remove_file(&part);
    }
    stored
}

/// Receives the `size` bytes of a file, not one more, and tells their md5.
fn receive_file(conn: &mut TcpStream, path: &Path, size: u64) -> io::Result<String> {
    let mut file = File::create(path)?;
    let mut md5 = Md5::new();
    let mut buffer = [0; 64 * 1024];
    let mut left = size;
    //~ write
    while left > 0 {
        let most = left.min(buffer.len() as u64) as usize;
        let got = conn.read(&mut buffer[..most])?;
        if got == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        file.write_all(&buffer[..got])?;
        md5.update(&buffer[..got]);
        left -= got as u64;
    }
    //~ end
    Ok(format!("{:x}", md5.finalize()))
}

/// A header as it goes over the wire: its length in 4 bytes (signed, little-endian), then itself.
fn frame(header: &str) -> Vec<u8> {
    let length = header.len() as i32;
    [&length.to_le_bytes(), header.as_bytes()].concat()
}

/// The text as Python's `json.dumps` writes it: in quotes, and in ASCII.
fn json_text(text: &str) -> String {
    let ascii = |unit: u16| match u8::try_from(unit) {
        Ok(byte @ b' '..=b'~') => char::from(byte).to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    let quoted = Value::from(text).to_string();
    quoted.encode_utf16().map(ascii).collect()
}
