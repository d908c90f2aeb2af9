//! Sends one message, prints the one answer, and ends.
//!
//!     cargo run -p echo-tcp --bin oneshot-client -- --message "hello hello"
//!
//! The answer ends where the server closes the connection.
//!
//! Python: echo-tcp/python/oneshot_client.py

use clap::Parser;
use common::{Result, console, flags, net};

const START: &str = "cargo run -p echo-tcp --bin oneshot-server";

/// Sends one message, prints the one answer, and ends
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::TcpClient<8080>,
    /// What to send
    #[arg(long, value_name = "TEXT", default_value = "hello hello", allow_hyphen_values = true, value_parser = not_empty)]
    message: String,
}

fn not_empty(text: &str) -> std::result::Result<String, &'static str> {
    match text {
        "" => Err("TCP cannot send an empty message (UDP can): give --message a text"),
        _ => Ok(text.to_owned()),
    }
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket, connect
    let (conn, server) = net::connect_tcp(&args.net, START)?;
    // (2) sendall
    net::send_all(&conn, args.message.as_bytes(), server)?;
    // (3) recv, until the server closes
    let answer = net::receive_until_close(&conn, server)?;
    console::say(format_args!("我收到服务端回的 {}", console::text(&answer)))?;
    // (4) close: `conn` ends here
    Ok(())
}
