//! Talks with people who call: they write, you answer, in turns.

use std::io;
use std::net::UdpSocket;

fn main() -> io::Result<()> {
    let address = given::listen_address(8081);
    let mut buffer = [0; 65_535];
    //~ uncomment
    // (1) socket, (2) bind
    let socket = UdpSocket::bind(address)?;
    loop {
        println!("udp服务端开始运行了");
        // (3) recvfrom
        //~ write
        //~| socket.recv_from(&mut [])?; // replace this: it keeps nothing of what comes
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let message = String::from_utf8_lossy(&buffer[..size]);
        println!("{}", given::harmless(&message));
        //~ end
        // (4) input
        let Some(line) = given::prompt("请输入")? else {
            break;
        };
        // (5) sendto: without the blanks around it; an empty line is an empty datagram
        //~ write
        if let Err(error) = socket.send_to(line.trim().as_bytes(), peer) {
            eprintln!("cannot answer {peer}: {error}");
        }
        //~ end
    }
    // (6) close: `socket` ends here
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away");
    //~ end
    Ok(())
}
