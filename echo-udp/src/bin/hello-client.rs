//! Sends one greeting and prints the answer and who sent it.
//!
//!     cargo run -p echo-udp --bin hello-client
//!
//! Python: echo-udp/python/hello_client.py

use clap::Parser;
use common::{Result, console, flags, net, notation};

const START: &str = "cargo run -p echo-udp --bin hello-server";

/// Sends one greeting and prints the answer and who sent it
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpClient<8080>,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket
    let (socket, server) = net::udp_client(&args.net)?;
    let mut buffer = net::datagram_buffer();
    let limit = args.net.timeout.limit();
    // (2) sendto
    net::send_to(&socket, b"hello server baby!", server)?;
    // (3) recvfrom
    let (answer, peer) = net::receive_from(&socket, &mut buffer, server, limit, START)?;
    let (answer, peer) = (notation::bytes(answer), notation::address(peer));
    console::say(format_args!("{answer} {peer}"))?;
    // (4) close: `socket` ends here
    Ok(())
}
