//! Sends a message once a second, and prints the answers as text.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

const MESSAGE: &str = "hello";

fn main() -> ExitCode {
    let server = given::server_address(8888);
    match talk(server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(format_args!("no echo from {server}"), error),
    }
}

/// Talks to `server` for as long as it answers.
fn talk(server: SocketAddr) -> io::Result<()> {
    //~ uncomment
    // (1) socket, connect
    let mut conn = TcpStream::connect(server)?;
    loop {
        // (2) sendall, and recv until as many bytes are back
        let mut echo = vec![0; MESSAGE.len()];
        //~ write
        conn.write_all(MESSAGE.as_bytes())?;
        conn.read_exact(&mut echo)?;
        //~ end
        // On the screen: text, whatever the bytes are, and nothing that a terminal obeys.
        //~ write
        //~| let text = "";
        let text = given::harmless(&String::from_utf8_lossy(&echo));
        //~ end
        println!("{text}");
        thread::sleep(Duration::from_secs(1));
    }
    // (3) close: when the program ends
    //~ end
    //~ write
    //~| todo!("(1) socket, connect: take the // from the lines above, and this line away")
    //~ end
}
