//! Sends back in capitals what each client sends, one client after another.
//!
//!     cargo run -p echo-tcp --bin server
//!
//! While one client talks, the next has shaken hands with the system and waits in the backlog.
//!
//! Python: echo-tcp/python/server.py

use std::io::{Read, Write};

use clap::Parser;
use common::net::{Listener, OrSay};
use common::{Result, console, flags, notation};
use socket2::{Domain, Socket, Type};

/// Sends back in capitals what each client sends, one client after another
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
    loop {
        // (5) accept: takes the next client out of the backlog, or waits for one
        let (mut conn, peer) = listener.accept()?;
        // (6) recv: what has come so far, which need not be one message
        while let Some(size) = conn
            .read(&mut buffer)
            .or_warn("lost the connection to", peer)
        {
            if size == 0 {
                break; // nothing comes any more: the client has hung up
            }
            let message = &buffer[..size];
            console::print_line(notation::bytes(message))?;
            // (7) sendall
            let sent = conn.write_all(&message.to_ascii_uppercase());
            if sent.or_warn("lost the connection to", peer).is_none() {
                break;
            }
        }
        // (8) close: `conn` ends here
    }
}
