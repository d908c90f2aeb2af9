//! Calls the phone server, says each typed line, and prints what comes back.
//!
//!     cargo run -p echo-tcp --bin phone-client
//!
//! Python: echo-tcp/python/phone_client.py

use clap::Parser;
use common::{Result, console, flags, net};

const START: &str = "cargo run -p echo-tcp --bin phone-server";

/// Calls the phone server, says each typed line, and prints what comes back
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::TcpClient<8002>,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket, connect: buy a phone, call
    let (call, server) = net::connect_tcp(&args.net, START)?;
    // (2) input: the line as it is, blanks too
    while let Some(message) = console::prompt(">>>>")? {
        if message.is_empty() {
            // Silence cannot be sent: the server would not answer it.
            continue;
        }
        // (3) sendall, and recv until as many bytes are back
        let echo = net::exchange(&call, message.as_bytes(), server)?;
        console::say(console::text(&echo))?;
    }
    // (4) close: `call` ends here, which hangs up
    Ok(())
}
