//! Sends a message once a second, and prints the answers.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

const MESSAGE: &[u8] = b"hello";

fn main() -> ExitCode {
    let server = given::server_address(8081);
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
        conn.write_all(MESSAGE)?;
        conn.read_exact(&mut echo)?;
        //~ end
        println!("{}", given::repr(&echo));
        thread::sleep(Duration::from_secs(1));
    }
    // (3) close: when the program ends
    //~ end
    //~ write
    //~| todo!("(1) socket, connect: take the // from the lines above, and this line away")
    //~ end
}
