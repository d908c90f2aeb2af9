//! Sends one greeting, and shows the answer and who sent it.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let server = given::server_address(8080);
    match greet(server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(format_args!("no answer from {server}"), error),
    }
}

fn greet(server: SocketAddr) -> io::Result<()> {
    let mut buffer = [0; 65_535];
    //~ uncomment
    // (1) socket, at a port that the system chooses
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.set_read_timeout(Some(Duration::from_secs(2)))?;
    // (2) sendto
    socket.send_to(b"hello server baby!", server)?;
    // (3) recvfrom: until the server has answered
    //~ write
    let (size, peer) = loop {
        let (size, peer) = socket.recv_from(&mut buffer)?;
        if peer == server {
            break (size, peer);
        }
    };
    let (answer, peer) = (given::repr(&buffer[..size]), given::repr_address(peer));
    println!("{answer} {peer}");
    //~ end
    // (4) close: `socket` ends here
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away");
    //~ end
    Ok(())
}
