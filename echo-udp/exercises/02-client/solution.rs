//! Sends hello once a second, and shows the answers.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

fn main() -> ExitCode {
    let server = given::server_address(8888);
    match talk(server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(format_args!("no answer from {server}"), error),
    }
}

/// Talks with the server until it answers no more.
fn talk(server: SocketAddr) -> io::Result<()> {
    let mut buffer = [0; 65_535];
    //~ uncomment
    // (1) socket: the system binds it to a free port when the first datagram leaves
    let socket = UdpSocket::from(Socket::new(Domain::for_address(server), Type::DGRAM, None)?);
    //~ write
    //~| // It waits for ever: give it a time limit of two seconds here.
    socket.set_read_timeout(Some(Duration::from_secs(2)))?;
    //~ end
    loop {
        // (2) sendto
        socket.send_to(b"hello", server)?;
        // (3) recvfrom: anybody can send to an open port, and only the server is believed
        //~ write
        //~| let size = 0;
        let size = loop {
            let (size, peer) = socket.recv_from(&mut buffer)?;
            if peer == server {
                break size;
            }
        };
        //~ end
        println!("{}", given::repr(&buffer[..size]));
        thread::sleep(Duration::from_secs(1));
    }
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}
