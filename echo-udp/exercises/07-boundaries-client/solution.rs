//! Sends three datagrams, one right after the other, and awaits no answer.

use std::io;
use std::net::UdpSocket;

fn main() -> io::Result<()> {
    let server = given::server_address(8081);
    //~ uncomment
    // (1) socket, at a port that the system chooses
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    // (2) sendto: each message is a datagram of its own
    socket.send_to(b"hello", server)?;
    //~ write
    socket.send_to(b"world", server)?;
    socket.send_to(b"sdfas", server)?;
    //~ end
    // (3) close: `socket` ends here
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away");
    //~ end
    Ok(())
}
