//! Sends a message once a second, and prints the answers with the address that they come from.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

const MESSAGE: &[u8] = b"hello";

fn main() -> ExitCode {
    let server = given::server_address(8080);
    match talk(server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(format_args!("no answer from {server}"), error),
    }
}

/// Talks to `server` for as long as it answers.
fn talk(server: SocketAddr) -> io::Result<()> {
    //~ uncomment
    // (1) socket
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    //~ write
    socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    //~ end
    let mut buffer = [0; 65535];
    loop {
        // (2) sendto
        socket.send_to(MESSAGE, server)?;
        // (3) recvfrom: only `server` is believed
        //~ write
        //~| let (size, peer) = (0, server);
        let (size, peer) = loop {
            let (size, peer) = socket.recv_from(&mut buffer)?;
            if peer == server {
                break (size, peer);
            }
        };
        //~ end
        let answer = given::repr(&buffer[..size]);
        println!("{answer} {}", given::repr_address(peer));
        thread::sleep(Duration::from_secs(1));
    }
    // (4) close: when the program ends
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}
