//! Receives one greeting, answers hello, and ends.
//!
//!     cargo run -p echo-udp --bin hello-server
//!
//! Python: echo-udp/python/hello_server.py

use clap::Parser;
use common::{Result, console, flags, net};

/// Receives one greeting, answers hello, and ends
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpServer<8080>,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket, bind
    let socket = net::bind_udp(&args.net)?;
    let mut buffer = net::datagram_buffer();
    // (2) recvfrom
    let (message, peer) = net::receive(&socket, &mut buffer)?;
    console::say(console::text(message))?;
    // (3) sendto: the datagram brought the address to answer to
    net::reply(&socket, b"hello", peer);
    // (4) close: `socket` ends here
    Ok(())
}
