//! Receives one greeting, answers hello, and ends.
//!
//!     cargo run -p echo-udp --bin hello-server
//!
//! Python: echo-udp/python/hello_server.py

use clap::Parser;
use common::net::{self, BoundSocket, OrSay};
use common::{Result, console, flags};
use socket2::{Domain, Socket, Type};

/// Receives one greeting, answers hello, and ends
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpServer<8080>,
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
    // (3) recvfrom
    let (size, peer) = socket.recv_from(&mut buffer)?;
    let message = &buffer[..size];
    console::print_line(console::decode_printable(message))?;
    // (4) sendto: the datagram brought the address to answer to
    socket
        .send_to(b"hello", peer)
        .or_warn("cannot send to", peer);
    // (5) close: `socket` ends here
    Ok(())
}
