//! A room in which everybody may write at any time: the server passes on what each says.
//!
//!     cargo run -p qq-chat --bin live-server
//!
//! Python: qq-chat/python/live_server.py

use std::time::Instant;

use clap::Parser;
use common::net::{self, OrSay};
use common::{Result, console, flags};
use qq_chat::live::again::Patience;
use qq_chat::live::room::Room;

/// How much is received, and then sent, before the other is done: acknowledgements of a crowd come while an event is
/// still on its way to the last of them, and the socket's buffer is small.
const BATCH: usize = 64;

/// What the socket may keep for us, in bytes; the system may allow less.
const BUFFER: usize = 4 << 20;

/// Passes on what each person in the room says
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpServer<8080>,
    /// How long somebody may be silent before they count as vanished; at least 1
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t,
        allow_negative_numbers = true
    )]
    patience: Patience,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket, bind
    let socket = net::udp_socket(&args.net, false)?;
    // (2) setsockopt SO_RCVBUF: a crowd answers at once
    let _ = socket2::SockRef::from(&*socket).set_recv_buffer_size(BUFFER);
    let mut buffer = net::datagram_buffer();
    let mut room = Room::new(args.patience.duration(), Instant::now());
    loop {
        // (3) recvfrom: waits while there is nothing to send
        socket.recv_batch(&mut buffer, room.pause(), BATCH, |datagram, peer| {
            // (4) what it means
            room.receive(datagram, peer, Instant::now());
        })?;
        // (5) the clocks: what was lost, who is gone
        let now = Instant::now();
        room.look_at_clocks(now);
        for (datagram, peer) in room.outgoing(now, BATCH) {
            // (6) sendto
            socket
                .send_to(&datagram, peer)
                .or_warn("cannot send to", peer);
        }
        for line in room.news() {
            console::print_line(line)?;
        }
    }
}
