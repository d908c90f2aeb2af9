//! Asks an NTP server for the time, and shows how far the own clock is from it.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// From 1900, when NTP begins to count, to 1970, when Unix does, in seconds.
const UNIX: u64 = 2_208_988_800;

const SECOND: f64 = 4_294_967_296.0;

fn main() -> ExitCode {
    let server = given::server_address(1123);
    match ask(server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(format_args!("no time from {server}"), error),
    }
}

/// Asks `server`, and shows the offset.
fn ask(server: SocketAddr) -> io::Result<()> {
    //~ uncomment
    // (1) socket
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    let mut answer = [0; 65_535];
    // (2) urandom: a number that nobody can guess, in place of our time; each of Rust's hash tables has one
    let nonce = RandomState::new().hash_one("nonce").to_be_bytes();
    // (3) sendto: version 4, mode 3; T1 is now
    let mut question = [0; 48];
    question[0] = 4 << 3 | 3;
    question[40..].copy_from_slice(&nonce);
    let asked = now();
    socket.send_to(&question, server)?;
    // (4) recvfrom: for 5 seconds in all; only `server` is believed, and only with our number; T4 is then
    //~ write
    //~| socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    //~| let (size, peer) = socket.recv_from(&mut answer)?;
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        socket.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        let (size, peer) = socket.recv_from(&mut answer)?;
        if peer == server && size >= 48 && answer[24..32] == nonce {
            break;
        }
    }
    //~ end
    let answered = now();
    // (5) unpack: whether the server has the time
    let (leap, version, mode) = (answer[0] >> 6, answer[0] >> 3 & 7, answer[0] & 7);
    let stratum = answer[1];
    let (root_delay, dispersion) = (number(&answer[4..8]), number(&answer[8..12]));
    let distance = (root_delay as f64 / 2.0 + dispersion as f64) / 65_536.0;
    let shown = reference(stratum, &answer[12..16]);
    let (received, transmitted) = (number(&answer[32..40]), number(&answer[40..48]));
    //~ write
    for (wrong, why) in [
        (mode != 4, "the answer has another mode than 4".to_owned()),
        (stratum == 0, format!("kiss-o'-death {shown}")),
        (leap == 3, "the server's clock is not set".to_owned()),
        (
            version != 4,
            "the answer has another version than 4".to_owned(),
        ),
        (stratum > 15, format!("stratum {stratum} has no time")),
        (
            transmitted == 0,
            "the answer has no transmit timestamp".to_owned(),
        ),
        (
            distance >= 1.0,
            format!("its time may be wrong by {distance:.3} s"),
        ),
    ] {
        if wrong {
            return Err(io::Error::other(why));
        }
    }
    //~ end
    // (6) offset and delay, from the four times
    //~ write
    //~| let (offset, delay) = (0.0, 0.0);
    let offset = (since(received, asked) + since(transmitted, answered)) / 2.0;
    let delay = (since(answered, asked) - since(transmitted, received)).max(0.0);
    //~ end
    let error = delay / 2.0 + distance;
    println!(
        "offset {offset:+.6} s, delay {delay:.6} s, error {error:.6} s, stratum {stratum} ({shown})"
    );
    Ok(())
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}

/// How long after `earlier` `later` is, in seconds: negative if it is before, and right across the year 2036.
fn since(later: u64, earlier: u64) -> f64 {
    //~ write
    //~| 0.0
    later.wrapping_sub(earlier) as i64 as f64 / SECOND
    //~ end
}

/// The time as NTP counts it, in 2^-32 s since 1900; in 2036 the count begins again at 0.
fn now() -> u64 {
    let unix = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let fraction = (u64::from(unix.subsec_nanos()) << 32) / 1_000_000_000;
    (unix.as_secs() + UNIX << 32) + fraction
}

/// The number whose bytes these are, the first the highest.
fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// What the server's clock is set by: letters up to stratum 1, above an IPv4 address.
fn reference(stratum: u8, id: &[u8]) -> String {
    if stratum > 1 {
        return Ipv4Addr::from(number(id) as u32).to_string();
    }
    let end = id.iter().rposition(|&byte| byte != 0);
    id[..end.map_or(0, |last| last + 1)]
        .escape_ascii()
        .to_string()
}
