//! Talks with people who call: they write, you answer, in turns.
//!
//!     cargo run -p echo-udp --bin talk-server
//!
//! One at a time: while you type, what others send waits in the socket's buffer.
//!
//! Python: echo-udp/python/talk_server.py

use clap::Parser;
use common::net::{self, BoundSocket, OrSay};
use common::{Result, console, flags};
use socket2::{Domain, Socket, Type};

/// Talks with people who call: they write, you answer, in turns
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpServer<8081>,
}

fn main() -> Result {
    let args = Args::parse();
    let address = args.net.address.resolve()?;
    // (1) socket
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, None)?;
    // (2) bind
    socket
        .bind(&address.into())
        .or_cannot_listen(&socket, address)?;
    let socket = BoundSocket::ready(socket)?;
    let mut buffer = net::datagram_buffer();
    loop {
        console::print_line("udp服务端开始运行了")?;
        // (3) recvfrom
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let message = &buffer[..size];
        console::print_line(console::decode_printable(message))?;
        // (4) input
        let Some(line) = console::prompt("请输入")? else {
            break;
        };
        // (5) sendto: an empty line is an empty datagram
        socket
            .send_to(console::strip(&line).as_bytes(), peer)
            .or_warn("cannot send to", peer);
    }
    // (6) close: `socket` ends here
    Ok(())
}
