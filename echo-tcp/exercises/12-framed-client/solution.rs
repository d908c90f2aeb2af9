//! Receives one message whose size stands before it, and prints it in pieces of 1024 bytes.

use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use serde_json::Value;
use socket2::{Domain, Socket, Type};

/// The longest header that is accepted, in bytes.
const MAX_HEADER: usize = 64 * 1024;

/// The most that is received and printed at a time, in bytes.
const PIECE: usize = 1024;

fn main() -> ExitCode {
    let server = given::server_address(8080);
    match receive_message(server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(server, error),
    }
}

/// Receives and prints the message.
fn receive_message(server: SocketAddr) -> io::Result<()> {
    //~ uncomment
    // (1) socket
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // (2) connect
    socket.connect(&server.into())?;
    let mut conn = TcpStream::from(socket);
    // (3) recv: the header's length in 4 bytes, then the header
    let size = receive_header(&mut conn)?;
    // (4) recv: the body, exactly as many bytes as the header says
    print_body(&mut conn, size)
    // (5) close: `conn` ends here
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}

/// Receives the header and returns the size that it tells.
fn receive_header(conn: &mut TcpStream) -> io::Result<usize> {
    //~ write
    //~| Ok(0)
    let length = receive(conn, 4)?;
    let length = i32::from_le_bytes([length[0], length[1], length[2], length[3]]);
    let Ok(length @ 0..=MAX_HEADER) = usize::try_from(length) else {
        return Err(io::Error::other(format!("no header has {length} bytes")));
    };
    let header: Value = serde_json::from_slice(&receive(conn, length)?)?;
    let size = header["size"]
        .as_u64()
        .and_then(|size| size.try_into().ok());
    size.ok_or_else(|| io::Error::other(format!("no size: {header}")))
    //~ end
}

/// Receives and prints a body of `size` bytes, `PIECE` bytes at a time.
fn print_body(conn: &mut TcpStream, size: usize) -> io::Result<()> {
    //~ write
    //~| Ok(())
    let mut left = size;
    while left > 0 {
        let piece = receive(conn, left.min(PIECE))?;
        println!("{}", given::repr(&piece));
        left -= piece.len();
    }
    Ok(())
    //~ end
}

/// Receives exactly `size` bytes, as often as it takes.
fn receive(conn: &mut TcpStream, size: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; size];
    let mut received = 0;
    while received < size {
        let got = conn.read(&mut bytes[received..])?;
        if got == 0 {
            return Err(io::Error::other("it hung up before its message ended"));
        }
        received += got;
    }
    Ok(bytes)
}
