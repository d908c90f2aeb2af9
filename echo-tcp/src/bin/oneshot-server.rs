//! Answers one message in capitals, and ends.
//!
//!     cargo run -p echo-tcp --bin oneshot-server
//!
//! What one receive gives is taken for the message: nothing on the wire says where it ends.
//!
//! Python: echo-tcp/python/oneshot_server.py

use std::io::Read;

use clap::Parser;
use common::{Result, console, flags, net};

/// Answers one message in capitals, and ends
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::TcpServer<8080>,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket, setsockopt SO_REUSEADDR, bind, listen
    let mut listener = net::listen_tcp(&args.net)?;
    let mut buffer = vec![0; 64 * 1024];
    let (conn, peer, size) = loop {
        // (2) accept
        let (mut conn, peer) = listener.accept()?;
        // (3) recv
        match conn.read(&mut buffer) {
            // A client that leaves without a word has not had its turn: the next one gets it.
            Ok(0) => {}
            Ok(size) => break (conn, peer, size),
            Err(error) => console::warn(format_args!("{peer}: {error}")),
        }
    };
    let message = String::from_utf8_lossy(&buffer[..size]);
    console::say(format_args!(
        "我收到客户端发的 {}",
        console::visible(&message)
    ))?;
    // (4) sendall
    net::send_all(&conn, message.to_uppercase().as_bytes(), peer)?;
    // (5) close, when the client has the answer
    net::hang_up(&conn);
    Ok(())
}
