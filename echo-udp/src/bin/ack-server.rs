//! Confirms each datagram with a fixed text.
//!
//!     cargo run -p echo-udp --bin ack-server
//!
//! UDP confirms nothing; a program that needs to know must answer by itself.
//!
//! Python: echo-udp/python/ack_server.py

use clap::Parser;
use common::net::{self, BoundSocket, OrSay};
use common::{Result, console, flags, notation};
use socket2::{Domain, Socket, Type};

/// Confirms each datagram with a fixed text
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpServer<8001>,
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
        // (3) recvfrom: an empty datagram arrives too, with its sender's address
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let message = &buffer[..size];
        let (data, add) = (notation::bytes(message), notation::address(peer));
        console::print_line(format_args!("data= {data},add = {add}"))?;
        // (4) sendto
        socket
            .send_to("恭喜您传输成功".as_bytes(), peer)
            .or_warn("cannot send to", peer);
    }
}
