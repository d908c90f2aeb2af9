//! Sends back in capitals what each client sends, all clients side by side.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let address = given::listen_address(8080);
    // (1) socket
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // (2) setsockopt SO_REUSEADDR
    socket.set_reuse_address(true)?;
    // (3) bind
    socket.bind(&address.into())?;
    // (4) listen
    //~ write
    //~| // TODO: the backlog holds those who are not accepted yet, and a crowd may come at once.
    //~| socket.listen(5)?;
    socket.listen(128)?;
    //~ end
    let listener = TcpListener::from(socket);
    loop {
        // (5) accept
        let (conn, peer) = listener.accept()?;
        //~ write
        //~| // TODO: the next client must not wait until this one has left.
        //~| if let Err(error) = serve(conn) {
        //~|     eprintln!("lost the connection to {peer}: {error}");
        //~| }
        thread::spawn(move || {
            if let Err(error) = serve(conn) {
                eprintln!("lost the connection to {peer}: {error}");
            }
        });
        //~ end
    }
}

/// Talks with one client until it hangs up.
fn serve(mut conn: TcpStream) -> io::Result<()> {
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
