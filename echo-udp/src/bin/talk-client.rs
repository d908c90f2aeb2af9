//! Talks with the person at the server: you write, they answer, in turns.
//!
//!     cargo run -p echo-udp --bin talk-client
//!
//! It waits for ever: a person is typing at the other end. `--timeout` limits that.
//!
//! Python: echo-udp/python/talk_client.py

use clap::Parser;
use common::{Result, console, flags, net};

const START: &str = "cargo run -p echo-udp --bin talk-server";

/// Talks with the person at the server: you write, they answer, in turns
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpClient<8081, 0>,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket
    let (socket, server) = net::udp_client(&args.net)?;
    let mut buffer = net::datagram_buffer();
    let limit = args.net.timeout.limit();
    loop {
        console::say("udp客户端开始运行了")?;
        // (2) input
        let Some(line) = console::prompt("请输入")? else {
            break;
        };
        // (3) sendto: an empty line is an empty datagram
        net::send_to(&socket, console::strip(&line).as_bytes(), server)?;
        // (4) recvfrom
        let (answer, _) = net::receive_from(&socket, &mut buffer, server, limit, START)?;
        console::say(console::text(answer))?;
    }
    // (5) close: `socket` ends here
    Ok(())
}
