//! Sends back in capitals what each client sends, one after another, and waits for none too long.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// How long a client may be silent, or take nothing of what is sent to it.
const LIMIT: Duration = Duration::from_secs(2);

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

/// Talks with one client until it hangs up, or is silent for too long.
fn serve(mut conn: TcpStream) -> io::Result<()> {
    //~ write
    //~| // TODO: neither `read` nor `write_all` may wait for longer than LIMIT.
    conn.set_read_timeout(Some(LIMIT))?;
    conn.set_write_timeout(Some(LIMIT))?;
    //~ end
    let mut buffer = [0; 64 * 1024];
    loop {
        // (6) recv: what has come so far; nothing when the client has hung up
        let size = conn.read(&mut buffer)?;
        if size == 0 {
            return Ok(()); // (8) close: `conn` ends here
        }
        let message = &buffer[..size];
        println!("{}", given::repr(message));
        // (7) sendall: the message in capitals
        conn.write_all(&message.to_ascii_uppercase())?;
    }
}
