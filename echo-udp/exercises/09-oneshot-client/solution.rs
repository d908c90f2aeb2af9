//! Sends one datagram, shows the one answer, and ends.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let server = given::server_address(8080);
    match ask(server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(format_args!("no answer from {server}"), error),
    }
}

fn ask(server: SocketAddr) -> io::Result<()> {
    let mut buffer = [0; 65_535];
    //~ uncomment
    // (1) socket, at a port that the system chooses
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    //~ write
    //~| // It waits for ever.
    socket.set_read_timeout(Some(Duration::from_secs(2)))?;
    //~ end
    // (2) sendto
    socket.send_to(b"hello world!", server)?;
    // (3) recvfrom: until the server has answered
    //~ write
    let size = loop {
        let (size, peer) = socket.recv_from(&mut buffer)?;
        if peer == server {
            break size;
        }
    };
    let answer = String::from_utf8_lossy(&buffer[..size]);
    println!("收到服务端消息 {}", given::harmless(&answer));
    //~ end
    // (4) close: `socket` ends here
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away");
    //~ end
    Ok(())
}
