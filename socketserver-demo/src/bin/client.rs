//! Sends a message again and again and prints the answers.
//!
//!     cargo run -p socketserver-demo --bin client -- --count 3
//!
//! Start it in several terminals: the server talks to all of them at once.
//!
//! Python: socketserver-demo/python/client.py

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use common::{Result, console, flags, net, notation};

const START: &str = "cargo run -p socketserver-demo --bin server";

/// Sends a message again and again and prints the answers
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::TcpClient<8081>,
    #[command(flatten)]
    repeat: flags::Repeat,
    /// Print the answers as text, not as bytes objects
    #[arg(long)]
    text: bool,
}

fn main() -> Result {
    let args = Args::parse();
    if args.repeat.message.is_empty() {
        let why = "TCP cannot send an empty message (UDP can): give --message a text";
        Args::command().error(ErrorKind::InvalidValue, why).exit();
    }
    // (1) socket, connect
    let (conn, server) = net::connect_tcp(&args.net, START)?;
    for message in args.repeat.messages() {
        // (2) sendall, and recv until as many bytes are back
        let echo = net::exchange(&conn, message.as_bytes(), server)?;
        if args.text {
            console::print_line(console::decode_printable(&echo))?;
        } else {
            console::print_line(notation::bytes(&echo))?;
        }
    }
    // (3) close: `conn` ends here
    Ok(())
}
