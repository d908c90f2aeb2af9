//! Sends each datagram back in capitals; a copy is answered as the first was, and not shown.

//~ write
use std::collections::VecDeque;
//~ end
use std::io;
use std::net::UdpSocket;

use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let address = given::listen_address(8888);
    let mut buffer = [0; 65_535];
    // (1) socket
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    // (2) bind
    socket.bind(&address.into())?;
    let socket = UdpSocket::from(socket);
    //~ write
    // The last hundred answers, the newest first: to which number of which client.
    let mut answers = VecDeque::new();
    //~ end
    loop {
        // (3) recvfrom: one datagram, and the address of its sender
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let message = &buffer[..size];
        //~ write
        //~| // TODO: has this client sent a datagram of this number before?
        //~| println!("{}", given::repr(message));
        let number = message.split(|&byte| byte == b' ').next().unwrap_or(b"");
        let key = (peer, number.to_vec());
        let before = answers.iter().find(|(other, _)| *other == key);
        let answer = if let Some((_, answer)) = before {
            Vec::clone(answer)
        } else {
            println!("{}", given::repr(message));
            let answer = message.to_ascii_uppercase();
            if is_number(number) {
                answers.push_front((key, answer.clone()));
                answers.truncate(100);
            }
            answer
        };
        //~ end
        // (4) sendto: the message in capitals, to its sender
        //~ write
        //~| if let Err(error) = socket.send_to(&message.to_ascii_uppercase(), peer) {
        if let Err(error) = socket.send_to(&answer, peer) {
            //~ end
            eprintln!("cannot answer {peer}: {error}");
        }
    }
}
//~ write

/// Whether these bytes are digits, one at least.
fn is_number(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit)
}
//~ end
