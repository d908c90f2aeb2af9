//! Sends three datagrams, one right after the other, and awaits no answer.
//!
//!     cargo run -p echo-udp --bin boundaries-client
//!
//! Whether somebody receives them it does not learn. Nothing is awaited, so `--timeout` changes
//! nothing.
//!
//! Python: echo-udp/python/boundaries_client.py

use std::net::UdpSocket;

use clap::Parser;
use common::net::OrSay;
use common::{Result, flags};
use socket2::{Domain, Socket, Type};

/// Sends three datagrams, one right after the other, and awaits no answer
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpClient<8081>,
}

fn main() -> Result {
    let args = Args::parse();
    let server = args.net.address.resolve()?;
    // (1) socket: the system binds it to a free port when the first datagram leaves
    let socket = UdpSocket::from(Socket::new(Domain::for_address(server), Type::DGRAM, None)?);
    for message in [b"hello", b"world", b"sdfas"] {
        // (2) sendto
        socket
            .send_to(message, server)
            .or_say("cannot send to", server)?;
    }
    // (3) close: `socket` ends here
    Ok(())
}
