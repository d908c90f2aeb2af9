//! Answers one message in capitals, and ends. A header before each tells where it ends.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use serde_json::Value;
use socket2::{Domain, Socket, Type};

/// The longest header and the longest message that are accepted, in bytes.
const MAX_SIZE: usize = 64 * 1024;

fn main() -> io::Result<()> {
    let address = given::listen_address(8080);
    // (1) socket
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // (2) setsockopt SO_REUSEADDR
    socket.set_reuse_address(true)?;
    // (3) bind
    socket.bind(&address.into())?;
    // (4) listen
    socket.listen(5)?;
    let listener = TcpListener::from(socket);
    loop {
        // (5) accept
        let (conn, peer) = listener.accept()?;
        match serve(conn) {
            Ok(()) => return Ok(()),
            // It has not had its turn: the next one gets it.
            Err(error) => eprintln!("nothing came of {peer}: {error}"),
        }
    }
}

/// Answers one client. An error is a client that did not say anything.
fn serve(mut conn: TcpStream) -> io::Result<()> {
    //~ write
    //~| let mut buffer = [0; 64 * 1024];
    //~| // (6) recv: what one receive gives is taken for the message
    //~| // TODO: receive the header's length, the header, and as many bytes as that says.
    //~| let size = conn.read(&mut buffer)?;
    //~| if size == 0 {
    //~|     return Err(io::Error::other("it left without a word"));
    //~| }
    //~| let message = String::from_utf8_lossy(&buffer[..size]);
    // (6) recv: the header's length in 4 bytes, the header, the message
    let length = receive(&mut conn, 4)?;
    let length = i32::from_le_bytes([length[0], length[1], length[2], length[3]]);
    let header: Value = serde_json::from_slice(&receive(&mut conn, accepted(length)?)?)?;
    let Some(size) = header["size"].as_u64() else {
        return Err(io::Error::other(format!("no size: {header}")));
    };
    let body = receive(&mut conn, accepted(size)?)?;
    let message = String::from_utf8_lossy(&body);
    //~ end
    println!("我收到客户端发的 {}", given::harmless(&message));
    //~ write
    //~| // (7) sendall: the text in capitals
    //~| // TODO: send it in a frame, too.
    //~| conn.write_all(message.to_uppercase().as_bytes())?;
    // (7) sendall: the frame of the text in capitals
    conn.write_all(&pack(&message.to_uppercase()))?;
    //~ end
    // (8) shutdown: the answer is complete; close: `conn` ends here
    conn.shutdown(Shutdown::Write)
}

/// The frame of a message: the header's length in 4 bytes, the header in JSON, the body.
fn pack(message: &str) -> Vec<u8> {
    let body = message.as_bytes();
    let header = format!("{{\"size\": {}}}", body.len());
    let length = header.len() as i32;
    [&length.to_le_bytes(), header.as_bytes(), body].concat()
}

/// The size as a number of bytes to receive, unless it is negative or too large.
fn accepted(size: impl TryInto<usize>) -> io::Result<usize> {
    match size.try_into() {
        Ok(size @ 0..=MAX_SIZE) => Ok(size),
        _ => Err(io::Error::other("it announces a size that is not accepted")),
    }
}

/// Receives exactly `size` bytes, as often as it takes.
fn receive(conn: &mut TcpStream, size: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; size];
    let mut received = 0;
    while received < size {
        let got = conn.read(&mut bytes[received..])?;
        if got == 0 {
            return Err(io::Error::other("it left before its message ended"));
        }
        received += got;
    }
    Ok(bytes)
}
