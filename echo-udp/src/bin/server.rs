//! Sends each datagram back in capitals, to whoever sent it.
//!
//!     cargo run -p echo-udp --bin server
//!
//! One socket serves all clients: each datagram carries its sender's address.
//!
//! Python: echo-udp/python/server.py

use clap::Parser;
use common::net::{self, BoundSocket, OrSay};
use common::{Result, console, flags, notation};
use socket2::{Domain, Socket, Type};

/// Sends each datagram back in capitals, to whoever sent it
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpServer<8888>,
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
    loop {
        // (3) recvfrom
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let message = &buffer[..size];
        console::print_line(notation::bytes(message))?;
        // (4) sendto
        socket
            .send_to(&message.to_ascii_uppercase(), peer)
            .or_warn("cannot send to", peer);
    }
}
