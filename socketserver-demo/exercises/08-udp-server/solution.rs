//! Sends each datagram back in capitals, each from a thread of its own, and each once.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::thread;

fn main() -> io::Result<()> {
    let address = given::listen_address(8080);
    //~ uncomment
    // (1) socket, bind
    let socket = Arc::new(UdpSocket::bind(address)?);
    let mut buffer = [0; 65535];
    loop {
        // (2) recvfrom: each datagram gets a handler, in a thread
        let (size, client) = socket.recv_from(&mut buffer)?;
        //~ write
        let data = buffer[..size].to_vec();
        let socket = Arc::clone(&socket);
        thread::spawn(move || handle(&data, &socket, client));
        //~ end
    }
    //~ end
    //~ write
    //~| todo!("(1) socket, bind: take the // from the lines above, and this line away")
    //~ end
}

/// Answers one datagram.
fn handle(data: &[u8], socket: &UdpSocket, client: SocketAddr) {
    println!("{}", given::repr(data));
    // (3) sendto
    //~ write
    if let Err(error) = socket.send_to(&data.to_ascii_uppercase(), client) {
        eprintln!("cannot send to {client}: {error}");
    }
    //~ end
}
