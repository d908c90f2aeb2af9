//! Talks with the person at the server: you write, they answer, in turns.
//!
//!     cargo run -p echo-udp --bin talk-client
//!
//! It waits for ever: a person is typing at the other end. `--timeout` limits that.
//!
//! Python: echo-udp/python/talk_client.py

use std::net::UdpSocket;

use clap::Parser;
use common::flags::{FOR_EVER, UdpClient};
use common::net::{self, OrSay};
use common::{Result, console};
use socket2::{Domain, Socket, Type};

const START: &str = "cargo run -p echo-udp --bin talk-server";

/// Talks with the person at the server: you write, they answer, in turns
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: UdpClient<8081, FOR_EVER>,
}

fn main() -> Result {
    let args = Args::parse();
    let server = args.net.address.resolve()?;
    // (1) socket: the system binds it to a free port when the first datagram leaves
    let socket = UdpSocket::from(Socket::new(Domain::for_address(server), Type::DGRAM, None)?);
    let mut buffer = net::datagram_buffer();
    let limit = args.net.timeout.limit();
    loop {
        console::print_line("udp客户端开始运行了")?;
        // (2) input
        let Some(line) = console::prompt("请输入")? else {
            break;
        };
        // (3) sendto: an empty line is an empty datagram
        socket
            .send_to(console::strip(&line).as_bytes(), server)
            .or_say("cannot send to", server)?;
        // (4) recvfrom
        let (size, _) = net::receive_answer(&socket, &mut buffer, server, limit, START)?;
        console::print_line(console::decode_printable(&buffer[..size]))?;
    }
    // (5) close: `socket` ends here
    Ok(())
}
