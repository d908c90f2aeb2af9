//! Shows each message that arrives and sends back what is typed.
//!
//!     cargo run -p qq-chat --bin server
//!
//! UDP needs no connection, so anybody can write at any time. While you type, further messages
//! wait in the socket's buffer, and each answer goes to the sender of the message above it.
//!
//! Python: qq-chat/python/server.py

use clap::Parser;
use common::net::{self, OrSay};
use common::{Result, console, flags};
use qq_chat::message;

/// Shows each message that arrives and sends back what you type
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpServer<8080>,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket, setsockopt SO_REUSEADDR, bind
    let socket = net::udp_socket(&args.net, true)?;
    let mut buffer = net::datagram_buffer();
    console::print_line("start running...")?;
    loop {
        // (2) recvfrom
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let text = &buffer[..size];
        console::print_line(message::line(peer, text, message::BLUE))?;
        // (3) input
        let Some(answer) = console::prompt("回复消息:>>")? else {
            break;
        };
        // (4) sendto
        let answer = console::strip(&answer).as_bytes();
        socket.send_to(answer, peer).or_warn("cannot send to", peer);
    }
    // (5) close: `socket` ends here
    Ok(())
}
