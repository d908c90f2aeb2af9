//! Sends one datagram, prints the one answer, and ends.
//!
//!     cargo run -p echo-udp --bin oneshot-client
//!
//! Python: echo-udp/python/oneshot_client.py

use clap::Parser;
use common::{Result, console, flags, net};

const START: &str = "cargo run -p echo-udp --bin oneshot-server";

/// Sends one datagram, prints the one answer, and ends
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpClient<8080>,
    /// What to send
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "hello world!",
        allow_hyphen_values = true
    )]
    message: String,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket
    let (socket, server) = net::udp_client(&args.net)?;
    let mut buffer = net::datagram_buffer();
    let limit = args.net.timeout.limit();
    // (2) sendto: an empty message is an empty datagram
    net::send_to(&socket, args.message.as_bytes(), server)?;
    // (3) recvfrom
    let (answer, _) = net::receive_from(&socket, &mut buffer, server, limit, START)?;
    console::say(format_args!("收到服务端消息 {}", console::text(answer)))?;
    // (4) close: `socket` ends here
    Ok(())
}
