//! Sends each datagram back in capitals, to whoever sent it.
//!
//!     cargo run -p echo-udp --bin server
//!
//! One socket serves all clients: each datagram carries its sender's address.
//!
//! Python: echo-udp/python/server.py

use clap::Parser;
use common::{Result, console, flags, net, notation};

/// Sends each datagram back in capitals, to whoever sent it
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpServer<8888>,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket, bind
    let socket = net::bind_udp(&args.net)?;
    let mut buffer = net::datagram_buffer();
    loop {
        // (2) recvfrom
        let (message, peer) = net::receive(&socket, &mut buffer)?;
        console::say(notation::bytes(message))?;
        // (3) sendto
        net::reply(&socket, &message.to_ascii_uppercase(), peer);
    }
}
