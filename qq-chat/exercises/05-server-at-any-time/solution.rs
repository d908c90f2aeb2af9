//! Shows messages as they arrive, and sends each typed line at once, to whoever wrote last.

use std::io::{self, Write};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Mutex;
use std::thread;

use socket2::{Domain, Socket, Type};

/// Who wrote last. One thread sets it, the other reads it.
static PARTNER: Mutex<Option<SocketAddr>> = Mutex::new(None);

fn main() -> io::Result<()> {
    let address = given::listen_address(8080);
    // (1) socket, setsockopt SO_REUSEADDR, bind
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    let socket = UdpSocket::from(socket);
    println!("start running...");
    //~ write
    //~| // TODO: two threads: one receives and shows, this one reads the keyboard and sends.
    //~| let mut buffer = [0; 65535];
    //~| loop {
    //~|     // (2) recvfrom: a message, and who sent it
    //~|     let (size, peer) = socket.recv_from(&mut buffer)?;
    //~|     show(&buffer[..size], peer);
    //~|     // (3) input
    //~|     let Some(line) = given::prompt("回复消息:>>")? else {
    //~|         break;
    //~|     };
    //~|     // (4) sendto: the line, without white space at its ends
    //~|     if let Err(error) = socket.send_to(line.trim().as_bytes(), peer) {
    //~|         eprintln!("cannot send to {peer}: {error}");
    //~|     }
    //~| }
    let receiving = socket.try_clone()?;
    thread::spawn(move || {
        if let Err(error) = receive(&receiving) {
            eprintln!("cannot receive any more: {error}");
        }
    });
    // (3) input: the prompt stands below the message that came last
    while let Some(line) = given::prompt("")? {
        // (4) sendto: the line, without white space at its ends
        match partner() {
            None => eprintln!("nobody has written yet"),
            Some(peer) => {
                if let Err(error) = socket.send_to(line.trim().as_bytes(), peer) {
                    eprintln!("cannot send to {peer}: {error}");
                }
            }
        }
    }
    //~ end
    // (5) close: `socket` ends here
    Ok(())
}
//~ write

/// Shows each message, and the prompt for an answer below it.
fn receive(socket: &UdpSocket) -> io::Result<()> {
    let mut buffer = [0; 65535];
    loop {
        // (2) recvfrom: a message, and who sent it
        let (size, peer) = socket.recv_from(&mut buffer)?;
        set_partner(peer);
        show(&buffer[..size], peer);
        print!("回复消息:>>");
        io::stdout().flush()?;
    }
}
//~ end

// No thread panics while it holds the lock, so that `lock` cannot fail.
fn set_partner(peer: SocketAddr) {
    *PARTNER.lock().unwrap() = Some(peer);
}

fn partner() -> Option<SocketAddr> {
    *PARTNER.lock().unwrap()
}

/// Prints a message on a blue background.
fn show(message: &[u8], peer: SocketAddr) {
    let (ip, port) = (peer.ip(), peer.port());
    let text = given::harmless(&String::from_utf8_lossy(message));
    println!("来自[{ip}:{port}]的一条消息:\x1b[44m{text}\x1b[0m");
}
