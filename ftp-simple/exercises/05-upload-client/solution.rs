//! Uploads a file and compares the md5 of what left with the md5 of what arrived.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::ExitCode;

use md5::{Digest, Md5};
use serde_json::Value;

/// The longest header that is accepted, in bytes.
const MAX_HEADER: usize = 64 * 1024;

/// What is uploaded, under the name that it has.
const NAME: &str = "file.bin";

fn main() -> ExitCode {
    let server = given::server_address(8080);
    let path = given::client_folder(".").join(NAME);
    match upload(server, &path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(format_args!("server {server}"), error),
    }
}

/// Sends the file and waits until the server confirms what it has stored.
fn upload(server: SocketAddr, path: &Path) -> io::Result<()> {
    //~ uncomment
    // (1) socket, connect
    let mut conn = TcpStream::connect(server)?;
    // (2) open the file
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    // (3) sendall: header length, header
    let header = format!(r#"{{"file_name": "{NAME}", "file_size": {size}}}"#);
    //~ write
    let length = header.len() as i32;
    conn.write_all(&[&length.to_le_bytes(), header.as_bytes()].concat())?;
    //~ end
    // (4) sendall: the file
    let md5 = send_file(&mut conn, &mut file, size)?;
    // (5) recv: what was stored
    let stored = receive_header(&mut conn)?;
    if let Some(why) = stored["error"].as_str() {
        let why = given::harmless(why).replace('\n', " ");
        return Err(io::Error::other(format!("it refuses the file: {why}")));
    }
    //~ write
    if stored["file_size"] != size || stored["md5"] != md5 {
        return Err(io::Error::other(format!("it has stored {stored}")));
    }
    //~ end
    Ok(())
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}

/// Sends `size` bytes of the file, and tells their md5.
fn send_file(conn: &mut TcpStream, file: &mut File, size: u64) -> io::Result<String> {
    let mut md5 = Md5::new();
    let mut buffer = [0; 64 * 1024];
    let mut left = size;
    //~ write
    while left > 0 {
        let most = left.min(buffer.len() as u64) as usize;
        let got = file.read(&mut buffer[..most])?;
        if got == 0 {
            return Err(io::Error::other("the file has become shorter"));
        }
        conn.write_all(&buffer[..got])?;
        md5.update(&buffer[..got]);
        left -= got as u64;
    }
    //~ end
    Ok(format!("{:x}", md5.finalize()))
}

/// Receives a header: its length in 4 bytes (signed, little-endian), then the JSON.
fn receive_header(conn: &mut TcpStream) -> io::Result<Value> {
    let mut length = [0; 4];
    conn.read_exact(&mut length)?;
    let length = i32::from_le_bytes(length);
    let Ok(length @ 1..=MAX_HEADER) = usize::try_from(length) else {
        return Err(io::Error::other(format!("no header has {length} bytes")));
    };
    let mut header = vec![0; length];
    conn.read_exact(&mut header)?;
    Ok(serde_json::from_slice(&header)?)
}
