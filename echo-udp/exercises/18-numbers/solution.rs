//! Sends numbered messages, again when no answer comes, and shows the answer to each.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

fn main() -> ExitCode {
    let server = given::server_address(8888);
    match talk(server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(format_args!("no answer from {server}"), error),
    }
}

/// Talks with the server until it answers no more.
fn talk(server: SocketAddr) -> io::Result<()> {
    let mut buffer = [0; 65_535];
    // (1) socket: the system binds it to a free port when the first datagram leaves
    let socket = UdpSocket::from(Socket::new(Domain::for_address(server), Type::DGRAM, None)?);
    //~ write
    //~| // TODO: number the messages, from 1.
    //~| loop {
    //~|     let size = ask(&socket, server, &mut buffer)?;
    let mut number = 0;
    loop {
        number += 1;
        let size = ask(&socket, server, number, &mut buffer)?;
        //~ end
        println!("{}", given::repr(&buffer[..size]));
        thread::sleep(Duration::from_secs(1));
    }
}

/// Sends the message, up to three times, and receives the answer. Returns its size.
//~ write
//~| fn ask(socket: &UdpSocket, server: SocketAddr, buffer: &mut [u8]) -> io::Result<usize> {
//~|     for _ in 0..3 {
//~|         // (2) sendto
//~|         socket.send_to(b"hello", server)?;
fn ask(
    socket: &UdpSocket,
    server: SocketAddr,
    number: u64,
    buffer: &mut [u8],
) -> io::Result<usize> {
    let message = format!("{number} hello");
    let beginning = format!("{number} ");
    for _ in 0..3 {
        // (2) sendto
        socket.send_to(message.as_bytes(), server)?;
        //~ end
        let deadline = Instant::now() + Duration::from_secs(1);
        loop {
            // What strangers send must not prolong the second.
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            socket.set_read_timeout(Some(left))?;
            // (3) recvfrom: anybody can send to an open port, and only the server is believed
            match socket.recv_from(buffer) {
                //~ write
                //~| // TODO: this may be a late answer, to the message before.
                //~| Ok((size, peer)) if peer == server => return Ok(size),
                Ok((size, peer))
                    if peer == server && buffer[..size].starts_with(beginning.as_bytes()) =>
                {
                    return Ok(size);
                }
                //~ end
                Ok(_) => {}
                Err(error) if is_late(&error) => break,
                Err(error) => return Err(error),
            }
        }
    }
    Err(io::Error::other("sent three times"))
}

/// Whether the time limit has passed: systems have two names for it.
fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
