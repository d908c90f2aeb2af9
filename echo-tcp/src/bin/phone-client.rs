//! Calls the phone server, says each typed line, and prints what comes back.
//!
//!     cargo run -p echo-tcp --bin phone-client
//!
//! Python: echo-tcp/python/phone_client.py

use clap::Parser;
use common::{Result, console, flags, net};
use socket2::{Domain, Socket, Type};

const START: &str = "cargo run -p echo-tcp --bin phone-server";

/// Calls the phone server, says each typed line, and prints what comes back
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::TcpClient<8002>,
}

fn main() -> Result {
    let args = Args::parse();
    let (call, server) = net::first_of(&args.net, START, |server| {
        // (1) socket: buy a phone
        let socket = Socket::new(Domain::for_address(server), Type::STREAM, None)?;
        // (2) connect: call
        socket.connect(&server.into())?;
        Ok(socket)
    })?;
    // (3) input: the line as it is, blanks too
    while let Some(message) = console::prompt(">>>>")? {
        if message.is_empty() {
            continue; // silence cannot be sent: the server would not answer it
        }
        // (4) sendall, and recv until as many bytes are back: the loop of client.rs
        let echo = net::exchange(&call, message.as_bytes(), server)?;
        console::print_line(console::decode_printable(&echo))?;
    }
    // (5) close: `call` ends here, which hangs up
    Ok(())
}
