//! Answers every datagram with the local time, in the format that the datagram asks for.
//!
//!     cargo run -p ntp --bin server
//!
//! A peer chooses the format, so it may be no format at all: not UTF-8, or with a NUL in it.
//! The lesson's server dies of either; this one answers what is wrong, and goes on.
//!
//! Python: ntp/python/server.py

use clap::Parser;
use common::net::{self, OrSay};
use common::{Result, console, flags};
use ntp::{local_time, strftime};

/// What an empty datagram asks for.
const DEFAULT_FORMAT: &str = "%Y-%m-%d %X";

/// Answers every datagram with the local time, in the format that the datagram asks for
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpServer<8080>,
}

fn main() -> Result {
    let args = Args::parse();
    // Reads TZ, so that a warning about it comes now and not with the first client.
    let _ = local_time();
    // (1) socket, bind
    let socket = net::udp_socket(&args.net, false)?;
    let mut buffer = net::datagram_buffer();
    loop {
        // (2) recvfrom
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let request = &buffer[..size];
        let shown = console::decode_printable(request);
        console::print_line(format_args!("收到客户端的命令是 {shown}"))?;
        // (3) strftime: the format becomes the time
        let answer = time_in(request);
        // (4) sendto
        socket
            .send_to(answer.as_bytes(), peer)
            .or_warn("cannot send to", peer);
    }
}

/// The time as the request wants it, or one line that says why it cannot be given.
fn time_in(request: &[u8]) -> String {
    let format = match str::from_utf8(request) {
        Ok("") => DEFAULT_FORMAT,
        Ok(format) => format,
        Err(_) => return "a time format must be UTF-8 text".to_owned(),
    };
    strftime(format, &local_time()).unwrap_or_else(|error| error.to_string())
}
