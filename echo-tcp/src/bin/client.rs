//! Sends each typed line to the server and prints what comes back.
//!
//!     cargo run -p echo-tcp --bin client
//!
//! TCP keeps no messages apart. The client knows where an answer ends because the echo is as long
//! as what it sent.
//!
//! Python: echo-tcp/python/client.py

use std::io::{Read, Write};

use clap::Parser;
use common::net::{self, NetError, OrSay};
use common::{Result, console, flags};
use socket2::{Domain, Socket, Type};

const START: &str = "cargo run -p echo-tcp --bin server";

/// Sends each typed line to the server and prints what comes back
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::TcpClient<8080>,
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
    // (3) input
    while let Some(line) = console::prompt("请输入你:")? {
        let message = console::strip(&line).as_bytes();
        if message.is_empty() {
            continue; // it would send no bytes, and no answer would come
        }
        let (mut echo, mut received) = (vec![0; message.len()], 0);
        // In blocks: the server echoes while it receives. When its answers fill the buffers of both
        // systems it stops receiving, and whoever sends on without receiving waits for ever.
        for block in message.chunks(net::BLOCK) {
            // (4) sendall
            conn.write_all(block)
                .or_say("lost the connection to", server)?;
            // (5) recv: as often as it takes until all bytes of the block are back
            let sent = received + block.len();
            while received < sent {
                let size = conn
                    .read(&mut echo[received..sent])
                    .or_say("lost the connection to", server)?;
                if size == 0 {
                    return Err(NetError::hung_up(server, received, message.len()).into());
                }
                received += size;
            }
        }
        console::print_line(console::decode_printable(&echo))?;
    }
    // (6) close: `conn` ends here
    Ok(())
}
