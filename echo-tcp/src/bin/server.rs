//! Sends back in capitals what each client sends, one client after another.
//!
//!     cargo run -p echo-tcp --bin server
//!
//! While one client talks, the next has shaken hands with the system and waits in the backlog.
//!
//! Python: echo-tcp/python/server.py

use std::io::{Read, Write};
use std::net::TcpStream;

use clap::Parser;
use common::{Result, console, flags, net, notation};

/// Sends back in capitals what each client sends, one client after another
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::TcpServer<8080>,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket, setsockopt SO_REUSEADDR, bind, listen
    let mut listener = net::listen_tcp(&args.net)?;
    loop {
        // (2) accept: takes the next client out of the backlog, or waits for one
        let (mut conn, peer) = listener.accept()?;
        if let Err(error) = converse(&mut conn) {
            console::warn(format_args!("{peer}: {error}"));
        }
        // (5) close: `conn` ends here
    }
}

/// The turn of one client, until it hangs up.
fn converse(conn: &mut TcpStream) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        // (3) recv: what has come so far, which need not be one message; nothing at a hang-up
        let size = conn.read(&mut buffer)?;
        if size == 0 {
            return Ok(());
        }
        let message = &buffer[..size];
        console::say(notation::bytes(message))?;
        // (4) sendall
        conn.write_all(&message.to_ascii_uppercase())?;
    }
}
