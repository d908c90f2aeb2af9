//! Sends each typed line, the empty one too, and prints the confirmation.
//!
//!     cargo run -p echo-udp --bin ack-client
//!
//! Python: echo-udp/python/ack_client.py

use clap::Parser;
use common::{Result, console, flags, net};

const START: &str = "cargo run -p echo-udp --bin ack-server";

/// Sends each typed line, the empty one too, and prints the confirmation
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpClient<8001>,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket
    let (socket, server) = net::udp_client(&args.net)?;
    let mut buffer = net::datagram_buffer();
    let limit = args.net.timeout.limit();
    // (2) input: the line as it is, blanks too
    while let Some(message) = console::prompt(">>>>")? {
        // (3) sendto: an empty line is an empty datagram
        net::send_to(&socket, message.as_bytes(), server)?;
        // (4) recvfrom
        let (answer, _) = net::receive_from(&socket, &mut buffer, server, limit, START)?;
        console::say(console::text(answer))?;
    }
    // (5) close: `socket` ends here
    Ok(())
}
