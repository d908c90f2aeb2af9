//! Sends each typed line to the server and prints what comes back.
//!
//!     cargo run -p echo-tcp --bin client
//!
//! TCP keeps no messages apart. The client knows where an answer ends because the echo is as long
//! as what it sent.
//!
//! Python: echo-tcp/python/client.py

use clap::Parser;
use common::{Result, console, flags, net};

const START: &str = "cargo run -p echo-tcp --bin server";

/// Sends each typed line to the server and prints what comes back
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::TcpClient<8080>,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket, connect
    let (conn, server) = net::connect_tcp(&args.net, START)?;
    // (2) input
    while let Some(line) = console::prompt("请输入你:")? {
        let message = console::strip(&line);
        if message.is_empty() {
            // To send nothing sends nothing: the server would not answer.
            continue;
        }
        // (3) sendall, and recv until as many bytes are back
        let echo = net::exchange(&conn, message.as_bytes(), server)?;
        console::say(console::text(&echo))?;
    }
    // (4) close: `conn` ends here
    Ok(())
}
