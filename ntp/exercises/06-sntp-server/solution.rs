//! Tells its time to whoever asks in NTP's own format: 48 bytes, binary.

use std::io;
use std::net::UdpSocket;
use std::time::{SystemTime, UNIX_EPOCH};

/// From 1900, when NTP begins to count, to 1970, when Unix does, in seconds.
const UNIX: u64 = 2_208_988_800;

fn main() -> io::Result<()> {
    let address = given::listen_address(1123);
    //~ uncomment
    // (1) socket, bind
    let socket = UdpSocket::bind(address)?;
    let mut buffer = [0; 65_535];
    loop {
        // (2) recvfrom: T2 is now
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let received = now();
        // (3) unpack: what is no question has no answer
        let Some((question, _)) = buffer[..size].split_first_chunk::<48>() else {
            continue;
        };
        let (version, mode) = (question[0] >> 3 & 7, question[0] & 7);
        //~ write
        if mode != 3 || !(1..=4).contains(&version) {
            continue;
        }
        //~ end
        // (4) pack: version and poll as they came, the nonce bit for bit; T3 is now
        let mut answer = [0; 48];
        //~ write
        answer[0] = version << 3 | 4;
        answer[1] = 1; // stratum
        answer[2] = question[2]; // poll
        answer[3] = -20_i8 as u8; // precision: 2^-20 s
        answer[12..16].copy_from_slice(b"LOCL");
        answer[24..32].copy_from_slice(&question[40..]);
        answer[32..40].copy_from_slice(&received.to_be_bytes());
        answer[40..].copy_from_slice(&now().to_be_bytes());
        //~ end
        // (5) sendto
        if let Err(error) = socket.send_to(&answer, peer) {
            eprintln!("cannot answer {peer}: {error}");
        }
        println!("[{peer}] asks in version {version}");
    }
    //~ end
    //~ write
    //~| todo!("(1) socket, bind: take the // from the lines above, and this line away")
    //~ end
}

/// The time as NTP counts it, in 2^-32 s since 1900; in 2036 the count begins again at 0.
fn now() -> u64 {
    //~ write
    //~| 0
    let unix = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let fraction = (u64::from(unix.subsec_nanos()) << 32) / 1_000_000_000;
    (unix.as_secs() + UNIX << 32) + fraction
    //~ end
}
