//! Sends each text back in capitals, in frames, to all clients at once: five texts to each.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// The longest header and the longest text that are taken, in bytes.
const MAX_HEADER: i32 = 64 * 1024;
const MAX_TEXT: u64 = 1024 * 1024;

/// How many messages of one connection are answered, and the answer to the next one.
const LIMIT: usize = 5;
const FAREWELL: &str = "no more than 5 messages";

fn main() -> io::Result<()> {
    let address = given::listen_address(8080);
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
}

/// Talks to one client until it hangs up, or has said too much.
fn handle(mut conn: TcpStream) -> io::Result<()> {
    //~ write
    //~| // TODO: answer `LIMIT` messages; answer the next with `FAREWELL`, and hang up.
    let mut answered = 0;
    //~ end
    loop {
        // (3) recv: a frame
        let text = match read_frame(&mut conn) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()), // (5) close
            text => text?,
        };
        //~ write
        if answered == LIMIT {
            conn.write_all(&pack(FAREWELL))?;
            return hang_up(conn); // (5) close
        }
        answered += 1;
        //~ end
        println!("收到客户端消息 {}", given::harmless(&text));
        // (4) sendall: a frame, in one write
        conn.write_all(&pack(&text.to_uppercase()))?;
    }
}

//~ write
/// Closes a connection so that the last answer arrives: to close with bytes unread is a reset.
fn hang_up(mut conn: TcpStream) -> io::Result<()> {
    conn.shutdown(Shutdown::Write)?;
    conn.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut rest = [0; 4096];
    while let Ok(1..) = conn.read(&mut rest) {}
    Ok(())
}

//~ end
/// A frame: the length of the header in 4 bytes, the header, the text.
fn pack(text: &str) -> Vec<u8> {
    let header = format!(r#"{{"data_size": {}}}"#, text.len());
    let length = header.len() as i32;
    [&length.to_le_bytes(), header.as_bytes(), text.as_bytes()].concat()
}

/// Receives a frame and returns its text; a hang-up is the error `UnexpectedEof`.
fn read_frame(conn: &mut impl Read) -> io::Result<String> {
    // The length: 4 bytes, signed, the smallest first.
    let mut length = [0; 4];
    conn.read_exact(&mut length)?;
    let length = i32::from_le_bytes(length);
    if !(0..=MAX_HEADER).contains(&length) {
        return Err(io::Error::other(format!("a header of {length} bytes")));
    }
    // The header: as many bytes, JSON.
    let mut header = vec![0; length as usize];
    conn.read_exact(&mut header)?;
    let header: Value = serde_json::from_slice(&header)?;
    let size = header["data_size"]
        .as_u64()
        .filter(|size| *size <= MAX_TEXT);
    let size = size.ok_or_else(|| io::Error::other(format!("the header {header}")))?;
    // The text: as many bytes as the header says, UTF-8.
    let mut text = vec![0; size as usize];
    conn.read_exact(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
