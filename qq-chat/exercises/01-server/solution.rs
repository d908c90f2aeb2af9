//! Shows each message that arrives and sends back what is typed.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let address = given::listen_address(8080);
    //~ uncomment
    // (1) socket, setsockopt SO_REUSEADDR, bind
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    let socket = UdpSocket::from(socket);
    let mut buffer = [0; 65535];
    println!("start running...");
    loop {
        // (2) recvfrom: a message, and who sent it
        //~ write
        //~| let (size, peer) = (0, address);
        let (size, peer) = socket.recv_from(&mut buffer)?;
        //~ end
        show(&buffer[..size], peer);
        // (3) input
        let Some(line) = given::prompt("回复消息:>>")? else {
            break;
        };
        // (4) sendto: the line, without white space at its ends
        //~ write
        if let Err(error) = socket.send_to(line.trim().as_bytes(), peer) {
            eprintln!("cannot send to {peer}: {error}");
        }
        //~ end
    }
    // (5) close: `socket` ends here
    Ok(())
    //~ end
    //~ write
    //~| todo!("(1) socket, setsockopt, bind: take the // from the lines above, and this line away")
    //~ end
}

/// Prints a message on a blue background.
fn show(message: &[u8], peer: SocketAddr) {
    let (ip, port) = (peer.ip(), peer.port());
    //~ write
    //~| let text = "";
    let text = given::harmless(&String::from_utf8_lossy(message));
    //~ end
    println!("来自[{ip}:{port}]的一条消息:\x1b[44m{text}\x1b[0m");
}
