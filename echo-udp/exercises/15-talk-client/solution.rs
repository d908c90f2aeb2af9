//! Talks with the person at the server: you write, they answer, in turns.

use std::io;
use std::net::UdpSocket;

fn main() -> io::Result<()> {
    let server = given::server_address(8081);
    let mut buffer = [0; 65_535];
    //~ uncomment
    // (1) socket, at a port that the system chooses
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    loop {
        println!("udp客户端开始运行了");
        // (2) input
        let Some(line) = given::prompt("请输入")? else {
            break;
        };
        // (3) sendto: without the blanks around it; an empty line is an empty datagram
        //~ write
        socket.send_to(line.trim().as_bytes(), server)?;
        //~ end
        // (4) recvfrom: until the server has answered, however long the person there takes
        //~ write
        let size = loop {
            let (size, peer) = socket.recv_from(&mut buffer)?;
            if peer == server {
                break size;
            }
        };
        let answer = String::from_utf8_lossy(&buffer[..size]);
        println!("{}", given::harmless(&answer));
        //~ end
    }
    // (5) close: `socket` ends here
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away");
    //~ end
    Ok(())
}
