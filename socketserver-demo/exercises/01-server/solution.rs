//! Sends back in capitals what each client sends, each client in a thread of its own.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

fn main() -> io::Result<()> {
    let address = given::listen_address(8081);
    //~ uncomment
    // (1) socket, setsockopt SO_REUSEADDR, bind, listen
    let listener = TcpListener::bind(address)?;
    loop {
        // (2) accept: each connection gets a handler, in a thread
        let (conn, peer) = listener.accept()?;
        let conversation = move || {
            if let Err(error) = handle(conn) {
                eprintln!("lost the connection to {peer}: {error}");
            }
        };
        //~ write
        //~| conversation();
        thread::spawn(conversation);
        //~ end
    }
    //~ end
    //~ write
    //~| todo!("(1) socket, bind, listen: take the // from the lines above, and this line away")
    //~ end
}

/// Talks to one client until it hangs up.
fn handle(mut conn: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        // (3) recv: what has come so far; nothing at a hang-up
        //~ write
        //~| let size = 0;
        let size = conn.read(&mut buffer)?;
        //~ end
        if size == 0 {
            return Ok(()); // (5) close: `conn` ends here
        }
        let message = &buffer[..size];
        println!("{}", given::repr(message));
        // (4) sendall
        //~ write
        conn.write_all(&message.to_ascii_uppercase())?;
        //~ end
    }
}
