//! Confirms each datagram with a fixed text.

use std::io;
use std::net::UdpSocket;

fn main() -> io::Result<()> {
    let address = given::listen_address(8001);
    let mut buffer = [0; 65_535];
    //~ uncomment
    // (1) socket, (2) bind
    let socket = UdpSocket::bind(address)?;
    loop {
        // (3) recvfrom: an empty datagram arrives too, with its sender's address
        //~ write
        //~| socket.recv_from(&mut [])?; // replace this: it keeps nothing of what comes
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let (data, add) = (given::repr(&buffer[..size]), given::repr_address(peer));
        println!("data= {data},add = {add}");
        //~ end
        // (4) sendto
        //~ write
        if let Err(error) = socket.send_to("恭喜您传输成功".as_bytes(), peer) {
            eprintln!("cannot answer {peer}: {error}");
        }
        //~ end
    }
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}
