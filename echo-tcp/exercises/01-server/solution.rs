//! Sends back in capitals what each client sends, one client after another.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

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
        if let Err(error) = serve(conn) {
            eprintln!("lost the connection to {peer}: {error}");
        }
    }
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}

/// Talks with one client until it hangs up.
fn serve(mut conn: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 64 * 1024];
    loop {
        // (6) recv: what has come so far; nothing when the client has hung up
        //~ write
        //~| let size = 0;
        let size = conn.read(&mut buffer)?;
        //~ end
        if size == 0 {
            return Ok(()); // (8) close: `conn` ends here
        }
        let message = &buffer[..size];
        println!("{}", given::repr(message));
        // (7) sendall: the message in capitals
        //~ write
        conn.write_all(&message.to_ascii_uppercase())?;
        //~ end
    }
}
