//! Sends each text back in capitals, in frames, to all clients at once.
//!
//!     cargo run -p socketserver-demo --bin framed-server
//!
//! The stream handler reads the connection like a file, and each answer is one write: three small
//! ones would cost 40 ms (Nagle's algorithm against delayed acknowledgement).
//!
//! Python: socketserver-demo/python/framed_server.py

use std::io::Write;

use clap::Parser;
use common::{Result, console, flags, net};
use socketserver_demo::{
    BaseServer, POLL_INTERVAL, REQUEST_QUEUE_SIZE, ServerOptions, StreamFiles,
    StreamRequestHandler, ThreadingTcpServer, frame,
};

/// How many clients may be here at a time. Of the longest texts, each stalled before its end, they hold 2 GB.
const MAX_THREADS: usize = 2000;

/// Sends each text back in capitals, in frames, to all clients at once
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::TcpServer<8080, REQUEST_QUEUE_SIZE>,
}

fn main() -> Result {
    let args = Args::parse();
    let address = args.net.address.resolve()?;
    let options = ServerOptions {
        request_queue_size: args.net.backlog,
        allow_reuse_address: args.net.reuse_address(),
        ..ServerOptions::for_streams()
    };
    // (1) socket, setsockopt SO_REUSEADDR, bind, listen
    let mut server = ThreadingTcpServer::with_options(address, options, || FramedEcho)?;
    server.max_threads = MAX_THREADS;
    net::ready("tcp", *server.server_address());
    // (2) accept: each connection gets a handler, in a thread
    server.serve_forever(POLL_INTERVAL)?;
    Ok(())
}

/// Talks to one client, for as long as it stays.
struct FramedEcho;

impl StreamRequestHandler for FramedEcho {
    // The end of a long frame goes out at once, too.
    const DISABLE_NAGLE_ALGORITHM: bool = true;

    fn handle(&mut self, files: &mut StreamFiles<'_>) -> anyhow::Result<()> {
        // (3) recv: a frame, or nothing at a hang-up
        while let Some(text) = frame::read(&mut files.rfile)? {
            console::print_line(format_args!(
                "收到客户端消息 {}",
                console::escape_controls(&text)
            ))?;
            // (4) sendall: a frame
            files.wfile.write_all(&frame::pack(&text.to_uppercase())?)?;
        }
        Ok(())
        // (5) close: shutdown_request, when the handler has returned
    }
}
