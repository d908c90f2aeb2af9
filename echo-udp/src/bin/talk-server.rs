//! Talks with people who call: they write, you answer, in turns.
//!
//!     cargo run -p echo-udp --bin talk-server
//!
//! One at a time: while you type, what others send waits in the socket's buffer.
//!
//! Python: echo-udp/python/talk_server.py

use clap::Parser;
use common::{Result, console, flags, net};

/// Talks with people who call: they write, you answer, in turns
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpServer<8081>,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket, bind
    let socket = net::bind_udp(&args.net)?;
    let mut buffer = net::datagram_buffer();
    loop {
        console::say("udp服务端开始运行了")?;
        // (2) recvfrom
        let (message, peer) = net::receive(&socket, &mut buffer)?;
        console::say(console::text(message))?;
        // (3) input
        let Some(line) = console::prompt("请输入")? else {
            break;
        };
        // (4) sendto: an empty line is an empty datagram
        net::reply(&socket, console::strip(&line).as_bytes(), peer);
    }
    // (5) close: `socket` ends here
    Ok(())
}
