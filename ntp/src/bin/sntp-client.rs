//! Asks an NTP server for the time, and shows how far the own clock is from it. It never sets the clock.
//!
//!     cargo run -p ntp --bin sntp-client -- --count 4
//!
//! Nobody but the server that was asked can answer: the question carries a random number that must come back.
//!
//! Python: ntp/python/sntp_client.py

use std::io::{self, IsTerminal};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use clap::Parser;
use common::net::{self, OrSay};
use common::{Result, console, flags};
use ntp::sntp::answer::Sample;
use ntp::sntp::packet::Packet;
use ntp::sntp::plot::plot;
use ntp::sntp::timestamp::Timestamp;

const START: &str = "cargo run -p ntp --bin sntp-server";

/// Who asks a server beyond the loopback waits so long between two questions (RFC 4330, 10).
const COURTESY: Duration = Duration::from_secs(15);

/// Asks an NTP server for the time, and shows how far the clock is from it
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::UdpClient<1123>,
    /// How many times to ask
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        allow_negative_numbers = true
    )]
    count: u64,
    /// How long to wait between two questions; 15 at least unless the server is on the loopback
    #[arg(long, value_name = "SECONDS", default_value_t = flags::Seconds::whole(1), allow_negative_numbers = true)]
    interval: flags::Seconds,
    /// Prints each answer as a JSON object
    #[arg(long)]
    json: bool,
}

fn main() -> Result {
    let args = Args::parse();
    // (1) socket
    let (socket, server) = net::udp_client(&args.net)?;
    let mut buffer = net::datagram_buffer();
    let limit = args.net.timeout.limit();
    let mut pause = args.interval.duration();
    if !server.ip().is_loopback() {
        pause = pause.max(COURTESY);
    }
    let mut samples = Vec::new();
    for query in 0..args.count {
        if query > 0 {
            thread::sleep(pause);
        }
        // (2) urandom: a number that nobody can guess, in place of our time
        let nonce = Timestamp(getrandom::u64().context("no random number")?);
        let begun = Instant::now();
        let asked = Timestamp::now();
        // (3) sendto: T1 was just now
        socket
            .send_to(&Packet::question(nonce).pack(), server)
            .or_say("cannot send to", server)?;
        let (answer, answered) = loop {
            // What strangers send must not prolong the wait.
            let left = net::time_left(begun, limit).or_no_answer(server, limit, START)?;
            socket
                .set_read_timeout(left)
                .or_say("cannot receive from", server)?;
            // (4) recvfrom: T4 is now
            let (size, peer) = match socket.recv_from(&mut buffer) {
                Err(error) if net::is_passing(&error) => continue,
                received => received.or_no_answer(server, limit, START)?,
            };
            let answered = Timestamp::now();
            // (5) unpack: from the address and port that were asked, with the number bit for bit
            match Packet::unpack(&buffer[..size]) {
                Some(answer) if net::answers_for(peer, server) && answer.origin == nonce => {
                    break (answer, answered);
                }
                _ => {}
            }
        };
        // (6) the other checks, in their order; then offset and delay
        match Sample::from(&answer, asked, answered) {
            Ok(sample) if args.json => console::print_line(sample.json(&server.to_string()))?,
            Ok(sample) => {
                console::print_line(&sample)?;
                samples.push(sample);
            }
            // It asks for longer pauses, and gets them.
            Err(refusal) if refusal.asks_for_patience() && query + 1 < args.count => {
                pause = (2 * pause).max(Duration::from_secs(1));
                console::warn(format_args!(
                    "{server}: {refusal}: {} s until we ask again",
                    pause.as_secs_f64()
                ));
            }
            Err(refusal) => Err(anyhow!(refusal).context(server.to_string()))?,
        }
    }
    if io::stdout().is_terminal() {
        for row in plot(&samples) {
            console::print_line(row)?;
        }
    }
    // (7) close: `socket` ends here
    Ok(())
}
