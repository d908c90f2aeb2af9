//! Sends a message again and again and prints the answers.
//!
//!     cargo run -p echo-udp --bin client -- --count 3
//!
//! No answer within the time limit is an error: UDP itself never says that a datagram was lost.
//!
//! Python: echo-udp/python/client.py

use std::net::UdpSocket;
use std::time::Instant;

use clap::Parser;
use common::net::{self, OrSay};
use common::{Result, console, flags, notation};
use socket2::{Domain, Socket, Type};

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
    let server = args.net.address.resolve()?;
    // (1) socket: the system binds it to a free port when the first datagram leaves
    let socket = UdpSocket::from(Socket::new(Domain::for_address(server), Type::DGRAM, None)?);
    let mut buffer = net::datagram_buffer();
    let limit = args.net.timeout.limit();
    for message in args.repeat.messages() {
        // (2) sendto
        socket
            .send_to(message.as_bytes(), server)
            .or_say("cannot send to", server)?;
        let asked = Instant::now();
        let size = loop {
            // What strangers send must not prolong the wait.
            let left = net::time_left(asked, limit).or_no_answer(server, limit, START)?;
            socket.set_read_timeout(left)?;
            // (3) recvfrom: anybody can send to an open port, and only the server is believed
            match socket.recv_from(&mut buffer) {
                Ok((size, peer)) if net::answers_for(peer, server) => break size,
                Ok(_) => {}
                Err(error) if net::is_passing(&error) => {}
                Err(error) => Err(error).or_no_answer(server, limit, START)?,
            }
        };
        console::print_line(notation::bytes(&buffer[..size]))?;
    }
    // (4) close: `socket` ends here
    Ok(())
}
