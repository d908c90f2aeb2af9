//! Sends each typed line, the empty one too, and shows the confirmation.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let server = given::server_address(8001);
    match talk(server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(format_args!("no answer from {server}"), error),
    }
}

/// Talks with the server until the input ends.
fn talk(server: SocketAddr) -> io::Result<()> {
    let mut buffer = [0; 65_535];
    //~ uncomment
    // (1) socket, at a port that the system chooses
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.set_read_timeout(Some(Duration::from_secs(2)))?;
    // (2) input: the line as it was typed, blanks too
    while let Some(line) = given::prompt(">>>>")? {
        // (3) sendto: an empty line is an empty datagram
        //~ write
        socket.send_to(line.as_bytes(), server)?;
        //~ end
        // (4) recvfrom: until the server has answered
        //~ write
        let size = loop {
            let (size, peer) = socket.recv_from(&mut buffer)?;
            if peer == server {
                break size;
            }
        };
        let answer = String::from_utf8_lossy(&buffer[..size]);
        println!("{}", given::harmless(&answer));
        //~ end
    }
    // (5) close: `socket` ends here
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away");
    //~ end
    Ok(())
}
