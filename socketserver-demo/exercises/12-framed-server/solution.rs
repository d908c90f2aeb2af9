//! Sends each text back in capitals, in frames, to all clients at once.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::Value;

/// The longest header and the longest text that are taken, in bytes.
const MAX_HEADER: i32 = 64 * 1024;
const MAX_TEXT: u64 = 1024 * 1024;

fn main() -> io::Result<()> {
    let address = given::listen_address(8080);
    //~ uncomment
    // (1) socket, setsockopt SO_REUSEADDR, bind, listen
    let listener = TcpListener::bind(address)?;
    loop {
        // (2) accept: each connection gets a handler, in a thread
        let (conn, peer) = listener.accept()?;
        thread::spawn(move || {
            if let Err(error) = handle(conn) {
                eprintln!("lost the connection to {peer}: {error}");
            }
        });
    }
    //~ end
    //~ write
    //~| todo!("(1) socket, bind, listen: take the // from the lines above, and this line away")
    //~ end
}

/// Talks to one client until it hangs up.
fn handle(mut conn: TcpStream) -> io::Result<()> {
    loop {
        // (3) recv: a frame
        let text = match read_frame(&mut conn) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()), // (5) close
            text => text?,
        };
        println!("收到客户端消息 {}", given::harmless(&text));
        // (4) sendall: a frame, in one write
        conn.write_all(&pack(&text.to_uppercase()))?;
    }
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

/// Receives a frame and returns its text; a hang-up is the error `UnexpectedEof`.
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
