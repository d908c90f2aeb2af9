//! Receives three datagrams, prints each as it was sent, and ends.
//!
//!     cargo run -p echo-udp --bin boundaries-server
//!
//! Three sends are three receives, whatever the time between them: a stream would glue them
//! together.
//!
//! Python: echo-udp/python/boundaries_server.py

use clap::Parser;
use common::{Result, console, flags, net, notation};

/// Receives three datagrams, prints each as it was sent, and ends
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpServer<8081>,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket, bind
    let socket = net::bind_udp(&args.net)?;
    let mut buffer = net::datagram_buffer();
    for _ in 0..3 {
        // (2) recvfrom: one datagram, whole
        let (message, peer) = net::receive(&socket, &mut buffer)?;
        let (message, peer) = (notation::bytes(message), notation::address(peer));
        console::say(format_args!("({message}, {peer})"))?;
    }
    // (3) close: `socket` ends here
    Ok(())
}
