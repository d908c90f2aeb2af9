//! Sends three datagrams, one right after the other, and awaits no answer.
//!
//!     cargo run -p echo-udp --bin boundaries-client
//!
//! Whether somebody receives them it does not learn. Nothing is awaited, so `--timeout` changes
//! nothing.
//!
//! Python: echo-udp/python/boundaries_client.py

use clap::Parser;
use common::{Result, flags, net};

/// Sends three datagrams, one right after the other, and awaits no answer
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpClient<8081>,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket
    let (socket, server) = net::udp_client(&args.net)?;
    for message in [b"hello", b"world", b"sdfas"] {
        // (2) sendto
        net::send_to(&socket, message, server)?;
    }
    // (3) close: `socket` ends here
    Ok(())
}
