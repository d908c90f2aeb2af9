//! Sends back in capitals what each client sends, and shows it as text.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

fn main() -> io::Result<()> {
    let address = given::listen_address(8888);
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
    let mut buffer = [0; 4096];
    loop {
        // (3) recv: what has come so far; nothing at a hang-up
        //~ write
        //~| return Ok(());
        //~| let message = &buffer[..];
        let size = conn.read(&mut buffer)?;
        if size == 0 {
            return Ok(()); // (5) close: `conn` ends here
        }
        let message = &buffer[..size];
        //~ end
        // On the screen: text, whatever the bytes are, and nothing that a terminal obeys.
        //~ write
        //~| let text = "";
        let text = given::harmless(&String::from_utf8_lossy(message));
        //~ end
        println!("{text}");
        // (4) sendall: the bytes that came, not the text
        //~ write
        conn.write_all(&message.to_ascii_uppercase())?;
        //~ end
    }
}
