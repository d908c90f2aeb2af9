//! Answers one message in capitals, and ends.
//!
//!     cargo run -p echo-tcp --bin oneshot-server
//!
//! What one receive gives is taken for the message: nothing on the wire says where it ends.
//!
//! Python: echo-tcp/python/oneshot_server.py

use std::io::{Read, Write};

use clap::Parser;
use common::net::{self, Listener, OrSay};
use common::{Result, console, flags};
use socket2::{Domain, Socket, Type};

/// Answers one message in capitals, and ends
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::TcpServer<8080>,
}

fn main() -> Result {
    let args = Args::parse();
    let address = args.net.address.resolve()?;
    // (1) socket
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // (2) setsockopt SO_REUSEADDR
    socket.set_reuse_address(args.net.reuse_address())?;
    // (3) bind
    socket
        .bind(&address.into())
        .or_cannot_listen(&socket, address)?;
    // (4) listen
    socket
        .listen(args.net.backlog)
        .or_cannot_listen(&socket, address)?;
    let mut listener = Listener::ready(socket)?;
    let mut buffer = vec![0; 64 * 1024];
    let (mut conn, peer, size) = loop {
        // (5) accept
        let (mut conn, peer) = listener.accept()?;
        // (6) recv
        let received = conn.read(&mut buffer).or_warn("cannot receive from", peer);
        // A client that leaves without a word has not had its turn: the next one gets it.
        if let Some(size @ 1..) = received {
            break (conn, peer, size);
        }
    };
    let message = String::from_utf8_lossy(&buffer[..size]);
    let shown = console::escape_controls(&message);
    console::print_line(format_args!("我收到客户端发的 {shown}"))?;
    // (7) sendall
    conn.write_all(message.to_uppercase().as_bytes())
        .or_say("cannot send to", peer)?;
    // (8) shutdown, and close when the client has the answer
    net::hang_up(&conn);
    Ok(())
}
