//! Answers each line in capitals, however the lines arrive; one client after another.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use socket2::{Domain, Socket, Type};

/// The longest line that is accepted, in bytes, its newline counted.
const MAX_LINE: usize = 1024;

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
        if let Err(error) = serve(conn) {
            eprintln!("lost the connection to {peer}: {error}");
        }
    }
}

/// Talks with one client until it hangs up.
fn serve(mut conn: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 64 * 1024];
    //~ write
    // What has come and is not answered yet.
    let mut pending = Vec::new();
    //~ end
    loop {
        // (6) recv: what has come so far; nothing when the client has hung up
        let size = conn.read(&mut buffer)?;
        if size == 0 {
            return Ok(()); // (8) close: `conn` ends here
        }
        //~ write
        //~| // TODO: this may be a part of a line, or several lines, and must not grow without a limit.
        //~| let message = &buffer[..size];
        //~| println!("{}", given::repr(message));
        //~| // (7) sendall: the message in capitals
        //~| conn.write_all(&message.to_ascii_uppercase())?;
        pending.extend_from_slice(&buffer[..size]);
        let mut rest = &pending[..];
        while let Some(newline) = rest.iter().position(|&byte| byte == b'\n') {
            let (line, after) = rest.split_at(newline + 1);
            check(line.len())?;
            println!("{}", given::repr(line));
            // (7) sendall: the line in capitals
            conn.write_all(&line.to_ascii_uppercase())?;
            rest = after;
        }
        // What is left will be a byte longer at least: its newline.
        check(rest.len() + 1)?;
        pending = rest.to_vec();
        //~ end
    }
}
//~ write

/// Refuses a line of so many bytes if it is too long.
fn check(size: usize) -> io::Result<()> {
    if size > MAX_LINE {
        return Err(io::Error::other("it sends too long a line"));
    }
    Ok(())
}
//~ end
