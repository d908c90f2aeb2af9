//! Answers one datagram in capitals, and ends.
//!
//!     cargo run -p echo-udp --bin oneshot-server
//!
//! Python: echo-udp/python/oneshot_server.py

use clap::Parser;
use common::{Result, console, flags, net};

/// Answers one datagram in capitals, and ends
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpServer<8080>,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket, bind
    let socket = net::bind_udp(&args.net)?;
    let mut buffer = net::datagram_buffer();
    // (2) recvfrom
    let (data, peer) = net::receive(&socket, &mut buffer)?;
    let message = String::from_utf8_lossy(data);
    console::say(format_args!(
        "收到客户端消息 {}",
        console::visible(&message)
    ))?;
    // (3) sendto
    net::reply(&socket, message.to_uppercase().as_bytes(), peer);
    // (4) close: `socket` ends here
    Ok(())
}
