//! Sends one message, prints the one answer, and ends.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use socket2::{Domain, Socket, Type};

const MESSAGE: &str = "hello hello";

/// The longest answer that is accepted, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

fn main() -> ExitCode {
    let server = given::server_address(8080);
    match ask(server) {
        Ok(answer) => {
            let text = String::from_utf8_lossy(&answer);
            println!("我收到服务端回的 {}", given::harmless(&text));
            ExitCode::SUCCESS
        }
        Err(error) => given::fail(server, error),
    }
}

/// Sends the message and returns the answer.
fn ask(server: SocketAddr) -> io::Result<Vec<u8>> {
    //~ uncomment
    // (1) socket
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // (2) connect
    socket.connect(&server.into())?;
    let mut conn = TcpStream::from(socket);
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away");
    //~ end
    // (3) sendall
    //~ write
    conn.write_all(MESSAGE.as_bytes())?;
    //~ end
    // (4) recv: until nothing comes any more
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    //~ write
    loop {
        let size = conn.read(&mut buffer)?;
        if size == 0 {
            break;
        }
        answer.extend_from_slice(&buffer[..size]);
        if answer.len() > MAX_ANSWER {
            return Err(io::Error::other("its answer is too long"));
        }
    }
    //~ end
    if answer.is_empty() {
        return Err(io::Error::other("it hung up without an answer"));
    }
    Ok(answer)
    // (5) close: `conn` ends here
}
