//! Sends a message again and again and prints the answers, with the address that they come from.
//!
//!     cargo run -p socketserver-demo --bin udp-client -- --count 3
//!
//! Python: socketserver-demo/python/udp_client.py

use clap::Parser;
use common::net::{self, OrSay};
use common::{Result, console, flags, notation};

const START: &str = "cargo run -p socketserver-demo --bin udp-server";

/// Sends a message again and again and prints the answers
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpClient<8080>,
    #[command(flatten)]
    repeat: flags::Repeat,
    /// Print the answers as text, without the address
    #[arg(long)]
    text: bool,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket
    let (socket, server) = net::udp_client(&args.net)?;
    let mut buffer = net::datagram_buffer();
    let limit = args.net.timeout.limit();
    for message in args.repeat.messages() {
        // (2) sendto
        socket
            .send_to(message.as_bytes(), server)
            .or_say("cannot send to", server)?;
        // (3) recvfrom
        let (size, peer) = net::receive_answer(&socket, &mut buffer, server, limit, START)?;
        let answer = &buffer[..size];
        if args.text {
            console::print_line(console::decode_printable(answer))?;
        } else {
            let (answer, peer) = (notation::bytes(answer), notation::address(peer));
            console::print_line(format_args!("{answer} {peer}"))?;
        }
    }
    // (4) close: `socket` ends here
    Ok(())
}
