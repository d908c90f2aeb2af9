//! Sends one message whose size stands before it, and ends.
//!
//!     cargo run -p echo-tcp --bin framed-server -- --message "Hello Client!"
//!
//! A stream has no boundaries; a header puts them there.
//!
//! Python: echo-tcp/python/framed_server.py

use std::io::Write;

use clap::Parser;
use common::net::{self, Listener, OrSay};
use common::{Result, flags, header};
use serde_json::json;
use socket2::{Domain, Socket, Type};

/// Sends one message whose size stands before it, and ends
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::TcpServer<8080>,
    /// What to send
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "Hello Client!",
        allow_hyphen_values = true
    )]
    message: String,
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
    // (5) accept
    let (mut conn, peer) = listener.accept()?;
    // (6) pack: the header's length in 4 bytes, the header in JSON, the body
    let body = args.message.as_bytes();
    let frame = header::pack_json(&json!({"size": body.len()}), body)?;
    // (7) sendall: one for all three
    conn.write_all(&frame).or_say("cannot send to", peer)?;
    // (8) shutdown, and close when the client has the message
    net::hang_up(&conn);
    Ok(())
}
