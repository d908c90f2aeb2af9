//! Sends a text once a second, in a frame, and prints the answers.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use serde_json::Value;

const TEXT: &str = "hello world!";
/// The longest header and the longest text that are taken, in bytes.
const MAX_HEADER: i32 = 64 * 1024;
const MAX_TEXT: u64 = 1024 * 1024;

fn main() -> ExitCode {
    let server = given::server_address(8080);
    match talk(server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(format_args!("no answer from {server}"), error),
    }
}

/// Talks to `server` for as long as it answers.
fn talk(server: SocketAddr) -> io::Result<()> {
    //~ uncomment
    // (1) socket, connect
    let mut conn = TcpStream::connect(server)?;
    loop {
        // (2) sendall: a frame, in one write
        //~ write
        conn.write_all(&pack(TEXT))?;
        //~ end
        // (3) recv: a frame
        //~ write
        //~| let answer = "";
        let answer = read_frame(&mut conn)?;
        //~ end
        println!("{}", given::harmless(&answer));
        thread::sleep(Duration::from_secs(1));
    }
    // (4) close: when the program ends
    //~ end
    //~ write
    //~| todo!("(1) socket, connect: take the // from the lines above, and this line away")
    //~ end
}

/// A frame: the length of the header in 4 bytes, the header, the text.
fn pack(text: &str) -> Vec<u8> {
    let header = format!(r#"{{"data_size": {}}}"#, text.len());
    //~ write
    //~| Vec::new()
    let length = header.len() as i32;
    [&length.to_le_bytes(), header.as_bytes(), text.as_bytes()].concat()
    //~ end
}

/// Receives a frame and returns its text.
fn read_frame(conn: &mut impl Read) -> io::Result<String> {
    // The length: 4 bytes, signed, the smallest first.
    //~ write
    //~| let length = 0;
    let mut length = [0; 4];
    conn.read_exact(&mut length)?;
    let length = i32::from_le_bytes(length);
    //~ end
    if !(0..=MAX_HEADER).contains(&length) {
        return Err(io::Error::other(format!("a header of {length} bytes")));
    }
    // The header: as many bytes, JSON.
    let mut header = vec![0; length as usize];
    //~ write
    conn.read_exact(&mut header)?;
    //~ end
    let header: Value = serde_json::from_slice(&header)?;
    let size = header["data_size"]
        .as_u64()
        .filter(|size| *size <= MAX_TEXT);
    let size = size.ok_or_else(|| io::Error::other(format!("the header {header}")))?;
    // The text: as many bytes as the header says, UTF-8.
    let mut text = vec![0; size as usize];
    //~ write
    conn.read_exact(&mut text)?;
    //~ end
    Ok(String::from_utf8_lossy(&text).into_owned())
}
