//! Asks the time server for the time, in the format that is typed.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let server = given::server_address(8080);
    match ask(server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(format_args!("no answer from {server}"), error),
    }
}

/// Asks `server` until the input ends.
fn ask(server: SocketAddr) -> io::Result<()> {
    //~ uncomment
    // (1) socket
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    let mut buffer = [0; 65535];
    // (2) input
    while let Some(format) = given::prompt(">>>")? {
        // (3) sendto: an empty line is an empty datagram
        //~ write
        socket.send_to(format.as_bytes(), server)?;
        //~ end
        // (4) recvfrom: for 5 seconds, and only `server` is believed
        //~ write
        //~| let size = 0;
        socket.set_read_timeout(Some(Duration::from_secs(5)))?;
        let size = loop {
            let (size, peer) = socket.recv_from(&mut buffer)?;
            if peer == server {
                break size;
            }
        };
        //~ end
        let answer = String::from_utf8_lossy(&buffer[..size]);
        println!("{}", given::harmless(&answer));
    }
    // (5) close: `socket` ends here
    Ok(())
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}
