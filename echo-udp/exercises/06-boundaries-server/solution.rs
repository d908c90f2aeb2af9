//! Receives three datagrams, shows each as it was sent, and ends.

use std::io;
use std::net::UdpSocket;

fn main() -> io::Result<()> {
    let address = given::listen_address(8081);
    let mut buffer = [0; 65_535];
    //~ uncomment
    // (1) socket, (2) bind
    let socket = UdpSocket::bind(address)?;
    // (3) recvfrom: one datagram, whole
    //~ write
    //~| socket.recv_from(&mut [])?; // replace this: it keeps nothing of what comes
    for _ in 0..3 {
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let (message, peer) = (given::repr(&buffer[..size]), given::repr_address(peer));
        println!("({message}, {peer})");
    }
    //~ end
    // (4) close: `socket` ends here
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away");
    //~ end
    Ok(())
}
