//! Sends a text again and again, in a frame, and prints the answers.
//!
//!     cargo run -p socketserver-demo --bin framed-client -- --count 3
//!
//! Python: socketserver-demo/python/framed_client.py

use std::io::{BufReader, Write};

use anyhow::Context;
use clap::Parser;
use common::net::{self, OrSay};
use common::{Result, console, flags};
use socketserver_demo::frame;

const START: &str = "cargo run -p socketserver-demo --bin framed-server";

/// Sends a text again and again, in a frame, and prints the answers
#[derive(Parser)]
#[command(mut_arg("message", |message| message.default_value("hello world!")))]
struct Args {
    #[command(flatten)]
    net: flags::TcpClient<8080>,
    #[command(flatten)]
    repeat: flags::Repeat,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket, connect
    let (conn, server) = net::connect_tcp(&args.net, START)?;
    let mut stream = BufReader::new(&conn);
    for text in args.repeat.messages() {
        // (2) sendall: a frame
        (&conn)
            .write_all(&frame::pack(text)?)
            .or_say("cannot send to", server)?;
        // (3) recv: a frame
        let answer = frame::read(&mut stream)
            .and_then(|answer| answer.context("it hung up: is it still running?"))
            .with_context(|| format!("no answer from {server}"))?;
        console::print_line(console::escape_controls(&answer))?;
    }
    // (4) close: `conn` ends here
    Ok(())
}
