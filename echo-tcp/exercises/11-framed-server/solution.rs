//! Sends one message whose size stands before it, and ends.

use std::io::{self, Write};
use std::net::{Shutdown, TcpListener};

use socket2::{Domain, Socket, Type};

const MESSAGE: &str = "Hello Client!";

fn main() -> io::Result<()> {
    let address = given::listen_address(8080);
    //~ uncomment
    // (1) socket
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // (2) setsockopt SO_REUSEADDR
    socket.set_reuse_address(true)?;
    // (3) bind
    socket.bind(&address.into())?;
    // (4) listen
    socket.listen(5)?;
    let listener = TcpListener::from(socket);
    // (5) accept
    let (mut conn, _peer) = listener.accept()?;
    // (6) pack: the header's length, the header, the body
    let frame = pack(MESSAGE);
    // (7) sendall: one for all three
    conn.write_all(&frame)?;
    // (8) shutdown: the message is complete; close: `conn` ends here
    conn.shutdown(Shutdown::Write)
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}

/// The frame of a message: the header's length in 4 bytes, the header in JSON, the body.
fn pack(message: &str) -> Vec<u8> {
    //~ write
    //~| Vec::new()
    let body = message.as_bytes();
    let header = format!("{{\"size\": {}}}", body.len());
    let length = header.len() as i32;
    [&length.to_le_bytes(), header.as_bytes(), body].concat()
    //~ end
}
