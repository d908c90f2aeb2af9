//! Receives three datagrams, prints each as it was sent, and ends.
//!
//!     cargo run -p echo-udp --bin boundaries-server
//!
//! Three sends are three receives, whatever the time between them: a stream would glue them
//! together.
//!
//! Python: echo-udp/python/boundaries_server.py

use clap::Parser;
use common::net::{self, BoundSocket, OrSay};
use common::{Result, console, flags, notation};
use socket2::{Domain, Socket, Type};

/// Receives three datagrams, prints each as it was sent, and ends
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpServer<8081>,
}

fn main() -> Result {
    let args = Args::parse();
    let address = args.net.address.resolve()?;
    // (1) socket
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, None)?;
    // (2) bind
    socket
        .bind(&address.into())
        .or_cannot_listen(&socket, address)?;
    let socket = BoundSocket::ready(socket)?;
    let mut buffer = net::datagram_buffer();
    for _ in 0..3 {
        // (3) recvfrom: one datagram, whole
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let message = &buffer[..size];
        let (message, peer) = (notation::bytes(message), notation::address(peer));
        console::print_line(format_args!("({message}, {peer})"))?;
    }
    // (4) close: `socket` ends here
    Ok(())
}
