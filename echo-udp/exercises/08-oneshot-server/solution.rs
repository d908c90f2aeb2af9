//! Answers one datagram in capitals, and ends.

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
    println!("收到客户端消息 {}", given::harmless(&message));
    //~ end
    // (4) sendto: the text in capitals
    //~ write
    if let Err(error) = socket.send_to(message.to_uppercase().as_bytes(), peer) {
        eprintln!("cannot answer {peer}: {error}");
    }
    //~ end
    // (5) close: `socket` ends here
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away");
    //~ end
    Ok(())
}
