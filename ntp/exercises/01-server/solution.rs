//! Answers every datagram with the local time, in the format that the datagram asks for.

use std::fmt::Write;
use std::io;
use std::net::UdpSocket;

use chrono::Local;

/// What an empty datagram asks for.
const DEFAULT_FORMAT: &str = "%Y-%m-%d %X";

fn main() -> io::Result<()> {
    let address = given::listen_address(8080);
    //~ uncomment
    // (1) socket, bind
    let socket = UdpSocket::bind(address)?;
    let mut buffer = [0; 65535];
    loop {
        // (2) recvfrom: a datagram, and who sent it
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let request = &buffer[..size];
        let shown = given::harmless(&String::from_utf8_lossy(request));
        println!("收到客户端的命令是 {shown}");
        // (3) strftime: the format becomes the time
        let answer = match str::from_utf8(request) {
            Err(_) => "a time format must be UTF-8 text".to_owned(),
            Ok(format) => time_in(format),
        };
        // (4) sendto: an answer that is too long for a datagram is not sent
        //~ write
        if let Err(error) = socket.send_to(answer.as_bytes(), peer) {
            eprintln!("cannot answer {peer}: {error}");
        }
        //~ end
    }
    //~ end
    //~ write
    //~| todo!("(1) socket, bind: take the // from the lines above, and this line away")
    //~ end
}

/// The time in that format, or one line that says why it cannot be given.
fn time_in(format: &str) -> String {
    //~ write
    //~| format.to_owned()
    if format.contains('\0') {
        return "a time format must not contain a NUL character".to_owned();
    }
    let format = if format.is_empty() {
        DEFAULT_FORMAT
    } else {
        format
    };
    let mut answer = String::new();
    // chrono refuses a format with a directive that it does not know: it goes back as it came.
    match write!(answer, "{}", Local::now().format(format)) {
        Ok(()) => answer,
        Err(_) => format.to_owned(),
    }
    //~ end
}
