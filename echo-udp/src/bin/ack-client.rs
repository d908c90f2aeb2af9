//! Sends each typed line, the empty one too, and prints the confirmation.
//!
//!     cargo run -p echo-udp --bin ack-client
//!
//! Python: echo-udp/python/ack_client.py

use std::net::UdpSocket;

use clap::Parser;
use common::net::{self, OrSay};
use common::{Result, console, flags};
use socket2::{Domain, Socket, Type};

const START: &str = "cargo run -p echo-udp --bin ack-server";

/// Sends each typed line, the empty one too, and prints the confirmation
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpClient<8001>,
}

fn main() -> Result {
    let args = Args::parse();
    let server = args.net.address.resolve()?;
    // (1) socket: the system binds it to a free port when the first datagram leaves
    let socket = UdpSocket::from(Socket::new(Domain::for_address(server), Type::DGRAM, None)?);
    let mut buffer = net::datagram_buffer();
    let limit = args.net.timeout.limit();
    // (2) input: the line as it is, blanks too
    while let Some(message) = console::prompt(">>>>")? {
        // (3) sendto: an empty line is an empty datagram
        socket
            .send_to(message.as_bytes(), server)
            .or_say("cannot send to", server)?;
        // (4) recvfrom
        let (size, _) = net::receive_answer(&socket, &mut buffer, server, limit, START)?;
        console::print_line(console::decode_printable(&buffer[..size]))?;
    }
    // (5) close: `socket` ends here
    Ok(())
}
