//! Sends one datagram, prints the one answer, and ends.
//!
//!     cargo run -p echo-udp --bin oneshot-client
//!
//! Python: echo-udp/python/oneshot_client.py

use std::net::UdpSocket;

use clap::Parser;
use common::net::{self, OrSay};
use common::{Result, console, flags};
use socket2::{Domain, Socket, Type};

const START: &str = "cargo run -p echo-udp --bin oneshot-server";

/// Sends one datagram, prints the one answer, and ends
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpClient<8080>,
    /// What to send
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "hello world!",
        allow_hyphen_values = true
    )]
    message: String,
}

fn main() -> Result {
    let args = Args::parse();
    let server = args.net.address.resolve()?;
    // (1) socket: the system binds it to a free port when the first datagram leaves
    let socket = UdpSocket::from(Socket::new(Domain::for_address(server), Type::DGRAM, None)?);
    let mut buffer = net::datagram_buffer();
    let limit = args.net.timeout.limit();
    // (2) sendto: an empty message is an empty datagram
    socket
        .send_to(args.message.as_bytes(), server)
        .or_say("cannot send to", server)?;
    // (3) recvfrom
    let (size, _) = net::receive_answer(&socket, &mut buffer, server, limit, START)?;
    console::print_line(format_args!(
        "收到服务端消息 {}",
        console::decode_printable(&buffer[..size])
    ))?;
    // (4) close: `socket` ends here
    Ok(())
}
