//! Answers one message in capitals, and ends.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let address = given::listen_address(8080);
    //~ uncomment
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
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}

/// Answers one client. An error is a client that did not say anything.
fn serve(mut conn: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 64 * 1024];
    // (6) recv: what one receive gives is taken for the message
    //~ write
    //~| let size = 0;
    let size = conn.read(&mut buffer)?;
    if size == 0 {
        return Err(io::Error::other("it left without a word"));
    }
    //~ end
    let message = String::from_utf8_lossy(&buffer[..size]);
    println!("我收到客户端发的 {}", given::harmless(&message));
    // (7) sendall: the text in capitals
    //~ write
    conn.write_all(message.to_uppercase().as_bytes())?;
    //~ end
    // (8) shutdown: the answer is complete; close: `conn` ends here
    //~ write
    //~| Ok(())
    conn.shutdown(Shutdown::Write)
    //~ end
}
