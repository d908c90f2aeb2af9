//! Asks the time server for the time, in the format that is typed.
//!
//!     cargo run -p ntp --bin client
//!
//! An empty line is sent too: UDP can send nothing, and an empty datagram arrives.
//!
//! Python: ntp/python/client.py

use clap::Parser;
use common::net::{self, OrSay};
use common::{Result, console, flags};

const START: &str = "cargo run -p ntp --bin server";

/// Asks the time server for the time, in the formats that you type
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
    // (2) input
    while let Some(format) = console::prompt(">>>")? {
        // (3) sendto: an empty line is an empty datagram
        socket
            .send_to(format.as_bytes(), server)
            .or_say("cannot send to", server)?;
        // (4) recvfrom
        let (size, _) = net::receive_answer(&socket, &mut buffer, server, limit, START)?;
        console::print_line(console::decode_printable(&buffer[..size]))?;
    }
    // (5) close: `socket` ends here
    Ok(())
}
