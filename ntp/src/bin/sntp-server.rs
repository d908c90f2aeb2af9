//! Tells its time to whoever asks in NTP's own format: 48 bytes, binary, exact to the microsecond.
//!
//!     cargo run -p ntp --bin sntp-server -- --stratum 1
//!
//! Without `--stratum` it says that its clock is not set, and no client believes it. An answer is never
//! longer than its question, and what is no question has none: nobody can have it flood others.
//!
//! Python: ntp/python/sntp_server.py

use std::net::Ipv4Addr;
use std::time::Instant;

use clap::Parser;
use common::net::{self, OrSay};
use common::{Result, console, flags};
use ntp::sntp::packet::{INIT, Packet, RATE, SERVER, UNSYNCHRONISED};
use ntp::sntp::rate::Clients;
use ntp::sntp::timestamp::{Span, Timestamp};

/// How exact the clock is: 2^-20 s, a microsecond.
const PRECISION: i8 = -20;

/// Tells its time to whoever asks in the format of NTP
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpServer<1123>,
    /// How many clocks away from the true time: 1 has it by itself, up to 15; 0 says that it does not know
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=15), allow_negative_numbers = true)]
    stratum: u8,
    /// What sets its clock: up to four letters, or an IPv4 address from stratum 2 on
    #[arg(long, value_name = "ID", default_value = "LOCL", value_parser = reference_id)]
    reference: [u8; 4],
    /// How long a client must wait between two questions, after its first 8; 0 does not count them
    #[arg(long, value_name = "SECONDS", default_value_t = flags::Seconds::whole(15), allow_negative_numbers = true)]
    interval: flags::Seconds,
    /// Tells a time that is wrong by so much, for experiments
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t,
        allow_negative_numbers = true
    )]
    shift: flags::Shift,
}

fn main() -> Result {
    let args = Args::parse();
    let shift = Span::of_seconds(args.shift.seconds());
    let set = Timestamp::now().plus(shift);
    let mut clients = Clients::new(args.interval.duration());
    // (1) socket, bind
    let socket = net::udp_socket(&args.net, false)?;
    let mut buffer = net::datagram_buffer();
    // (2) setsockopt: SO_TIMESTAMPNS, the kernel notes when a datagram comes; where none does, (3) looks at the clock
    let _ = socket.stamp_arrivals();
    loop {
        // (3) recvmsg: the datagram, and when it came, which is T2
        let (size, peer, received) = socket.recv_stamped(&mut buffer)?;
        // (4) unpack: what is no question has no answer
        let Some(question) = Packet::unpack(&buffer[..size]).filter(Packet::asks) else {
            continue;
        };
        let mut answer = Packet {
            leap: UNSYNCHRONISED,
            version: question.version,
            mode: SERVER,
            poll: question.poll,
            precision: PRECISION,
            reference_id: INIT,
            origin: question.transmit,
            receive: Timestamp::from(received).plus(shift),
            ..Packet::default()
        };
        let may_ask = clients.may_ask(peer.ip(), Instant::now());
        if !may_ask {
            // (5) kiss-o'-death: who asks too fast learns only that
            answer.reference_id = RATE;
        } else if args.stratum > 0 {
            answer.leap = 0;
            answer.stratum = args.stratum;
            answer.reference_id = args.reference;
            answer.reference = set;
        }
        // (6) the time, as late as can be: T3
        answer.transmit = Timestamp::now().plus(shift);
        // (7) sendto
        socket
            .send_to(&answer.pack(), peer)
            .or_warn("cannot send to", peer);
        let (version, told) = (question.version, if may_ask { "" } else { ", too fast" });
        console::print_line(format_args!("[{peer}] asks in version {version}{told}"))?;
    }
}

/// The four bytes for `--reference`.
fn reference_id(text: &str) -> std::result::Result<[u8; 4], &'static str> {
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(address.octets());
    }
    let mut id = [0; 4];
    match id.get_mut(..text.len()) {
        Some(letters) if text.bytes().all(|byte| byte.is_ascii_graphic()) => {
            letters.copy_from_slice(text.as_bytes());
            Ok(id)
        }
        _ => Err("give up to four letters, such as GPS, or an IPv4 address"),
    }
}
