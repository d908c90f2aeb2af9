//! Answers one datagram in capitals, and ends.
//!
//!     cargo run -p echo-udp --bin oneshot-server
//!
//! Python: echo-udp/python/oneshot_server.py

use clap::Parser;
use common::net::{self, BoundSocket, OrSay};
use common::{Result, console, flags};
use socket2::{Domain, Socket, Type};

/// Answers one datagram in capitals, and ends
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
    let data = &buffer[..size];
    let message = String::from_utf8_lossy(data);
    console::print_line(format_args!(
        "收到客户端消息 {}",
        console::escape_controls(&message)
    ))?;
    // (4) sendto
    socket
        .send_to(message.to_uppercase().as_bytes(), peer)
        .or_warn("cannot send to", peer);
    // (5) close: `socket` ends here
    Ok(())
}
