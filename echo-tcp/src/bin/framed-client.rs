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
use socket2::{Domain, Socket, Type};

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
    let (conn, server) = net::first_of(&args.net, START, |server| {
        // (1) socket
        let socket = Socket::new(Domain::for_address(server), Type::STREAM, None)?;
        // (2) connect
        socket.connect(&server.into())?;
        Ok(socket)
    })?;
    receive(conn).with_context(|| format!("cannot receive from {server}"))?;
    Ok(())
}

/// Receives and prints the message.
fn receive(mut conn: TcpStream) -> anyhow::Result<()> {
    // (3) recv: the header's length in 4 bytes, then the header
    let Some(fields) = header::read_json(&mut conn)? else {
        bail!("the peer closed without a message: is it the right server?");
    };
    let size = header::size(&fields, "size")?;
    // (4) recv: the body, exactly as many bytes as the header says
    let (mut piece, mut received) = ([0; PIECE], 0);
    while received < size {
        let wanted = usize::try_from(size - received).map_or(PIECE, |left| left.min(PIECE));
        let mut filled = 0;
        // One recv may give less than is asked for: again, until the piece is complete.
        while filled < wanted {
            let got = conn.read(&mut piece[filled..wanted])?;
            if got == 0 {
                bail!("the peer closed after {received} of {size} bytes of the body");
            }
            filled += got;
            received += got as u64;
        }
        console::print_line(notation::bytes(&piece[..wanted]))?;
    }
    // (5) close: `conn` ends here
    Ok(())
}
