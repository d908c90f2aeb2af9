//! Sends one message, prints the one answer, and ends.
//!
//!     cargo run -p echo-tcp --bin oneshot-client -- --message "hello hello"
//!
//! The answer ends where the server closes the connection.
//!
//! Python: echo-tcp/python/oneshot_client.py

use std::io::{Read, Write};

use anyhow::anyhow;
use clap::Parser;
use common::net::{self, OrSay};
use common::{Result, console, flags};
use socket2::{Domain, Socket, Type};

const START: &str = "cargo run -p echo-tcp --bin oneshot-server";

/// The longest answer that is accepted, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

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
    let (mut conn, server) = net::first_of(&args.net, START, |server| {
        // (1) socket
        let socket = Socket::new(Domain::for_address(server), Type::STREAM, None)?;
        // (2) connect
        socket.connect(&server.into())?;
        Ok(socket)
    })?;
    // (3) sendall
    conn.write_all(args.message.as_bytes())
        .or_say("cannot send to", server)?;
    // (4) recv, until nothing comes any more: the server has closed
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let size = match conn.read(&mut buffer) {
            // What a close becomes when bytes are left that the server has not received.
            Err(error) if net::is_hang_up(&error) => 0,
            received => received.or_say("cannot receive from", server)?,
        };
        if size == 0 {
            break;
        }
        answer.extend_from_slice(&buffer[..size]);
        if answer.len() > MAX_ANSWER {
            Err(anyhow!(
                "{server} answers more than {MAX_ANSWER} bytes: is it the right server?"
            ))?;
        }
    }
    if answer.is_empty() {
        Err(anyhow!(
            "{server} hung up without an answer: is it the right server?"
        ))?;
    }
    console::print_line(format_args!(
        "我收到服务端回的 {}",
        console::decode_printable(&answer)
    ))?;
    // (5) close: `conn` ends here
    Ok(())
}
