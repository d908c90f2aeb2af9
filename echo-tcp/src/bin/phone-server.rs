//! Sends back to each caller what it says, and lets you see what SO_REUSEADDR is for.
//!
//!     cargo run -p echo-tcp --bin phone-server
//!
//! Stop it while a client is connected and start it again: the port is free at once. With
//! `--no-reuseaddr` it stays in use for a minute, as long as the old connection is in TIME_WAIT.
//!
//! Python: echo-tcp/python/phone_server.py

use std::io::{Read, Write};

use clap::Parser;
use common::net::{Listener, OrSay};
use common::{Result, console, flags, notation};
use socket2::{Domain, Socket, Type};

/// Sends back to each caller what it says
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::TcpServer<8002>,
}

fn main() -> Result {
    let args = Args::parse();
    let address = args.net.address.resolve()?;
    // (1) socket: buy a phone
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // (2) setsockopt SO_REUSEADDR: it counts only if it is set before bind
    socket.set_reuse_address(args.net.reuse_address())?;
    // (3) bind: put the number in
    socket
        .bind(&address.into())
        .or_cannot_listen(&socket, address)?;
    // (4) listen: switch it on; `backlog` callers may hear it ring
    socket
        .listen(args.net.backlog)
        .or_cannot_listen(&socket, address)?;
    let mut phone = Listener::ready(socket)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        // (5) accept: pick up, or wait for a call
        let (mut call, caller) = phone.accept()?;
        let from = notation::address(caller);
        // (6) recv: listen
        while let Some(size) = call
            .read(&mut buffer)
            .or_warn("lost the connection to", caller)
        {
            if size == 0 {
                break; // nothing comes any more: the caller has hung up
            }
            let message = &buffer[..size];
            let shown = notation::bytes(message);
            console::print_line(format_args!("msg={shown} addr={from}"))?;
            // (7) sendall: speak
            let sent = call.write_all(message);
            if sent.or_warn("lost the connection to", caller).is_none() {
                break;
            }
        }
        // (8) close: `call` ends here
    }
}
