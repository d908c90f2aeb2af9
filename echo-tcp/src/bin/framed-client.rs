//! Receives one message whose size stands before it, and prints it in pieces of 1024 bytes.
//!
//!     cargo run -p echo-tcp --bin framed-client
//!
//! It reads exactly as much as the header says; what came with it in one segment, or apart from
//! it, makes no difference.
//!
//! Python: echo-tcp/python/framed_client.py

use std::io::Read;
use std::net::TcpStream;

use anyhow::{Context, bail};
use clap::Parser;
use common::{Result, console, flags, header, net, notation};

const START: &str = "cargo run -p echo-tcp --bin framed-server";

/// The most that is received and printed at a time, in bytes.
const PIECE: usize = 1024;

/// Receives one message whose size stands before it, and prints it in pieces of 1024 bytes
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::TcpClient<8080>,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket, connect
    let (conn, server) = net::connect_tcp(&args.net, START)?;
    receive(&conn).with_context(|| format!("cannot receive from {server}"))?;
    // (4) close: `conn` ends here
    Ok(())
}

fn receive(mut conn: &TcpStream) -> anyhow::Result<()> {
    // (2) recv: the header's length in 4 bytes, then the header
    let Some(fields) = header::read_json(&mut conn)? else {
        bail!("the peer closed without a message: is it the right server?");
    };
    let size = header::size(&fields, "size")?;
    // (3) recv: the body, exactly as many bytes as the header says
    let (mut piece, mut received) = ([0; PIECE], 0);
    while received < size {
        let got = header::fill(&mut conn.take(size - received), &mut piece)?;
        if got == 0 {
            bail!("the peer closed after {received} of {size} bytes of the body");
        }
        console::say(notation::bytes(&piece[..got]))?;
        received += got as u64;
    }
    Ok(())
}
