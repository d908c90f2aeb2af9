//! Answers every datagram with the time, in the format that the datagram asks for: local time, or
//! that of the place whose offset from UTC stands before the format, `+0800 %H:%M`.

use std::fmt::Write;
use std::io;
use std::net::UdpSocket;

use chrono::{FixedOffset, Local, Utc};

/// What an empty datagram asks for.
const DEFAULT_FORMAT: &str = "%Y-%m-%d %X";

fn main() -> io::Result<()> {
    let address = given::listen_address(8080);
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
        if let Err(error) = socket.send_to(answer.as_bytes(), peer) {
            eprintln!("cannot answer {peer}: {error}");
        }
    }
}

/// The time in that format, or one line that says why it cannot be given.
fn time_in(format: &str) -> String {
    if format.contains('\0') {
        return "a time format must not contain a NUL character".to_owned();
    }
    //~ write
    //~| // TODO: take the offset from the front of the format, if one stands there.
    let (offset, format) = split_offset(format);
    //~ end
    let format = if format.is_empty() {
        DEFAULT_FORMAT
    } else {
        format
    };
    let mut answer = String::new();
    //~ write
    //~| // TODO: with an offset, the time there.
    //~| let written = write!(answer, "{}", Local::now().format(format));
    let written = match offset {
        None => write!(answer, "{}", Local::now().format(format)),
        Some(offset) => {
            let there = Utc::now().with_timezone(&offset);
            write!(answer, "{}", there.format(format))
        }
    };
    //~ end
    // chrono refuses a format with a directive that it does not know: it goes back as it came.
    match written {
        Ok(()) => answer,
        Err(_) => format.to_owned(),
    }
}
//~ write

/// The offset before the format, if one stands there, and the format: of `+0800 %H` both.
fn split_offset(request: &str) -> (Option<FixedOffset>, &str) {
    match request.split_once(' ') {
        Some((offset, format)) if offset.starts_with(['+', '-']) => match offset.parse() {
            Ok(offset) => (Some(offset), format),
            Err(_) => (None, request),
        },
        _ => (None, request),
    }
}
//~ end
