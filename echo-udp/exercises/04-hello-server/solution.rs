//! Receives one greeting, answers hello, and ends.

use std::io;
use std::net::UdpSocket;

fn main() -> io::Result<()> {
    let address = given::listen_address(8080);
    let mut buffer = [0; 65_535];
    //~ uncomment
    // (1) socket, (2) bind
    let socket = UdpSocket::bind(address)?;
    // (3) recvfrom
    //~ write
    //~| socket.recv_from(&mut [])?; // replace this: it keeps nothing of what comes
    let (size, peer) = socket.recv_from(&mut buffer)?;
    let message = String::from_utf8_lossy(&buffer[..size]);
    println!("{}", given::harmless(&message));
    //~ end
    // (4) sendto: the datagram brought the address to answer to
    //~ write
    socket.send_to(b"hello", peer)?;
    //~ end
    // (5) close: `socket` ends here
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away");
    //~ end
    Ok(())
}
