//! Sends each datagram back in capitals, each from a thread of its own, and each once.
//!
//!     cargo run -p socketserver-demo --bin udp-server
//!
//! The request is the datagram. A handler that loops, as the lesson's does, answers it for ever.
//!
//! Python: socketserver-demo/python/udp_server.py

use std::net::SocketAddr;

use clap::Parser;
use common::net::{self, OrSay};
use common::{console, flags, notation};
use socketserver_demo::{
    BaseRequestHandler, BaseServer, Datagram, POLL_INTERVAL, ThreadingUdpServer,
};

/// How many datagrams may be in hand at a time. Of the longest they hold 130 MB.
const MAX_THREADS: usize = 2000;

/// Sends each datagram back in capitals, each from a thread of its own
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpServer<8080>,
    /// Print the whole request: the datagram and the server's socket
    #[arg(long)]
    request: bool,
}

fn main() -> common::Result {
    let args = Args::parse();
    let address = args.net.address.resolve()?;
    let whole_request = args.request;
    // (1) socket, bind
    let mut server = ThreadingUdpServer::new(address, move || Echo { whole_request })?;
    server.max_threads = MAX_THREADS;
    net::ready("udp", *server.server_address());
    // (2) recvfrom: each datagram gets a handler, in a thread
    server.serve_forever(POLL_INTERVAL)?;
    Ok(())
}

/// Answers one datagram.
struct Echo {
    whole_request: bool,
}

impl BaseRequestHandler<Datagram> for Echo {
    fn handle(&mut self, request: &mut Datagram, client: &SocketAddr) -> anyhow::Result<()> {
        let Datagram { data, socket } = request;
        let mut shown = notation::bytes(data);
        if self.whole_request {
            shown = format!("({shown}, {})", notation::udp_socket(socket)?);
        }
        console::print_line(shown)?;
        // (3) sendto
        let sent = socket.send_to(&data.to_ascii_uppercase(), client);
        sent.or_warn("cannot send to", *client);
        Ok(())
    }
}
