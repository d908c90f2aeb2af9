//! Sends back in capitals what each client sends, each client in a thread of its own.
//!
//!     cargo run -p socketserver-demo --bin server
//!
//! The handler is all that is written here: the library does the rest, as Python's socketserver.
//!
//! Python: socketserver-demo/python/server.py

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use clap::Parser;
use common::{console, flags, net, notation};
use socketserver_demo::{
    BaseRequestHandler, BaseServer, POLL_INTERVAL, REQUEST_QUEUE_SIZE, ServerOptions,
    ThreadingTcpServer,
};

/// Sends back in capitals what each client sends, each client in a thread of its own
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::TcpServer<8081, REQUEST_QUEUE_SIZE>,
    /// Print what comes as text, not as a bytes object
    #[arg(long)]
    text: bool,
}

fn main() -> common::Result {
    let args = Args::parse();
    let address = args.net.address.resolve()?;
    let options = ServerOptions {
        request_queue_size: args.net.backlog,
        allow_reuse_address: args.net.reuse_address(),
        ..ServerOptions::for_streams()
    };
    let text = args.text;
    // (1) socket, setsockopt SO_REUSEADDR, bind, listen
    let server = ThreadingTcpServer::with_options(address, options, move || Echo { text })?;
    net::ready("tcp", *server.server_address());
    // (2) accept: each connection gets a handler, in a thread
    server.serve_forever(POLL_INTERVAL)?;
    Ok(())
}

/// Talks to one client.
struct Echo {
    text: bool,
}

impl BaseRequestHandler for Echo {
    fn setup(&mut self, request: &mut TcpStream, _client: &SocketAddr) -> anyhow::Result<()> {
        // Each answer goes out at once, also while the one before is not acknowledged yet.
        Ok(request.set_nodelay(true)?)
    }

    fn handle(&mut self, request: &mut TcpStream, _client: &SocketAddr) -> anyhow::Result<()> {
        let mut buffer = [0; 4096];
        loop {
            // (3) recv: what has come so far; nothing at a hang-up
            let message = match request.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(size) => &buffer[..size],
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            if self.text {
                console::print_line(console::decode_printable(message))?;
            } else {
                console::print_line(notation::bytes(message))?;
            }
            // (4) sendall
            request.write_all(&message.to_ascii_uppercase())?;
        }
        // (5) close: shutdown_request, when the handler has returned
    }
}
