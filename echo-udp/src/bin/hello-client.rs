//! Sends one greeting and prints the answer and who sent it.
//!
//!     cargo run -p echo-udp --bin hello-client
//!
//! Python: echo-udp/python/hello_client.py

use std::net::UdpSocket;

use clap::Parser;
use common::net::{self, OrSay};
use common::{Result, console, flags, notation};
use socket2::{Domain, Socket, Type};

const START: &str = "cargo run -p echo-udp --bin hello-server";

/// Sends one greeting and prints the answer and who sent it
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpClient<8080>,
}

fn main() -> Result {
    let args = Args::parse();
    let server = args.net.address.resolve()?;
    // (1) socket: the system binds it to a free port when the first datagram leaves
    let socket = UdpSocket::from(Socket::new(Domain::for_address(server), Type::DGRAM, None)?);
    let mut buffer = net::datagram_buffer();
    let limit = args.net.timeout.limit();
    // (2) sendto
    socket
        .send_to(b"hello server baby!", server)
        .or_say("cannot send to", server)?;
    // (3) recvfrom
    let (size, peer) = net::receive_answer(&socket, &mut buffer, server, limit, START)?;
    let (answer, peer) = (notation::bytes(&buffer[..size]), notation::address(peer));
    console::print_line(format_args!("{answer} {peer}"))?;
    // (4) close: `socket` ends here
    Ok(())
}
