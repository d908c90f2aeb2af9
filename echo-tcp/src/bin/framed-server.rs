//! Sends one message whose size stands before it, and ends.
//!
//!     cargo run -p echo-tcp --bin framed-server -- --message "Hello Client!"
//!
//! A stream has no boundaries; a header puts them there.
//!
//! Python: echo-tcp/python/framed_server.py

use clap::Parser;
use common::{Result, flags, header, net};
use serde_json::json;

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
    // (1) socket, setsockopt SO_REUSEADDR, bind, listen
    let mut listener = net::listen_tcp(&args.net)?;
    // (2) accept
    let (conn, peer) = listener.accept()?;
    // (3) pack: the header's length in 4 bytes, the header in JSON, the body
    let body = args.message.as_bytes();
    let frame = header::pack_json(&json!({"size": body.len()}), body)?;
    // (4) sendall: one for all three
    net::send_all(&conn, &frame, peer)?;
    // (5) close, when the client has the message
    net::hang_up(&conn);
    Ok(())
}
