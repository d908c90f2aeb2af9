//! Confirms each datagram with a fixed text.
//!
//!     cargo run -p echo-udp --bin ack-server
//!
//! UDP confirms nothing; a program that needs to know must answer by itself.
//!
//! Python: echo-udp/python/ack_server.py

use clap::Parser;
use common::{Result, console, flags, net, notation};

/// Confirms each datagram with a fixed text
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpServer<8001>,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket, bind
    let socket = net::bind_udp(&args.net)?;
    let mut buffer = net::datagram_buffer();
    loop {
        // (2) recvfrom: an empty datagram arrives too, with its sender's address
        let (message, peer) = net::receive(&socket, &mut buffer)?;
        let (data, add) = (notation::bytes(message), notation::address(peer));
        console::say(format_args!("data= {data},add = {add}"))?;
        // (3) sendto
        net::reply(&socket, "恭喜您传输成功".as_bytes(), peer);
    }
}
