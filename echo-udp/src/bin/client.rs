//! Sends a message again and again and prints the answers.
//!
//!     cargo run -p echo-udp --bin client -- --count 3
//!
//! No answer within the time limit is an error: UDP itself never says that a datagram was lost.
//!
//! Python: echo-udp/python/client.py

use clap::Parser;
use common::{Result, console, flags, net, notation};

const START: &str = "cargo run -p echo-udp --bin server";

/// Sends a message again and again and prints the answers
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpClient<8888>,
    #[command(flatten)]
    repeat: flags::Repeat,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket
    let (socket, server) = net::udp_client(&args.net)?;
    let mut buffer = net::datagram_buffer();
    let limit = args.net.timeout.limit();
    for message in args.repeat.messages() {
        // (2) sendto
        net::send_to(&socket, message.as_bytes(), server)?;
        // (3) recvfrom
        let (answer, _) = net::receive_from(&socket, &mut buffer, server, limit, START)?;
        console::say(notation::bytes(answer))?;
    }
    // (4) close: `socket` ends here
    Ok(())
}
