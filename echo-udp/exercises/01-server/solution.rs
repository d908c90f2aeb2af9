//! Sends each datagram back in capitals, to whoever sent it.

use std::io;
use std::net::UdpSocket;

use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let address = given::listen_address(8888);
    let mut buffer = [0; 65_535];
    //~ uncomment
    // (1) socket
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    // (2) bind
    socket.bind(&address.into())?;
    let socket = UdpSocket::from(socket);
    loop {
        // (3) recvfrom: one datagram, and the address of its sender
        //~ write
        //~| socket.recv_from(&mut [])?; // replace this: it keeps nothing of what comes
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let message = &buffer[..size];
        println!("{}", given::repr(message));
        //~ end
        // (4) sendto: the message in capitals, to its sender
        //~ write
        if let Err(error) = socket.send_to(&message.to_ascii_uppercase(), peer) {
            eprintln!("cannot answer {peer}: {error}");
        }
        //~ end
    }
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}
