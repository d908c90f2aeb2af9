//! Sends each datagram back in capitals, and shows the whole request: the datagram and the socket.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::thread;

fn main() -> io::Result<()> {
    let address = given::listen_address(8888);
    //~ uncomment
    // (1) socket, bind
    let socket = Arc::new(UdpSocket::bind(address)?);
    let mut buffer = [0; 65535];
    loop {
        // (2) recvfrom: each datagram gets a handler, in a thread
        let (size, client) = socket.recv_from(&mut buffer)?;
        let data = buffer[..size].to_vec();
        let socket = Arc::clone(&socket);
        thread::spawn(move || {
            if let Err(error) = handle(&data, &socket, client) {
                eprintln!("cannot answer {client}: {error}");
            }
        });
    }
    //~ end
    //~ write
    //~| todo!("(1) socket, bind: take the // from the lines above, and this line away")
    //~ end
}

/// Answers one datagram.
fn handle(data: &[u8], socket: &UdpSocket, client: SocketAddr) -> io::Result<()> {
    // What Python's `self.request` is: the datagram, and the server's own socket.
    //~ write
    //~| let own = String::new();
    let own = given::repr_address(socket.local_addr()?);
    //~ end
    let fd = descriptor(socket);
    println!(
        "({}, <socket.socket fd={fd}, family=2, type=2, proto=0, laddr={own}>)",
        given::repr(data)
    );
    // (3) sendto: through that socket, to the client
    //~ write
    socket.send_to(&data.to_ascii_uppercase(), client)?;
    //~ end
    Ok(())
}

/// The number by which the system knows the socket.
#[cfg(unix)]
fn descriptor(socket: &UdpSocket) -> std::os::fd::RawFd {
    std::os::fd::AsRawFd::as_raw_fd(socket)
}

/// The number by which the system knows the socket.
#[cfg(windows)]
fn descriptor(socket: &UdpSocket) -> std::os::windows::io::RawSocket {
    std::os::windows::io::AsRawSocket::as_raw_socket(socket)
}
