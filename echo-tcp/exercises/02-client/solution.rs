//! Sends each typed line to the server and prints what comes back.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use socket2::{Domain, Socket, Type};

fn main() -> ExitCode {
    let server = given::server_address(8080);
    match talk(server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(server, error),
    }
}

/// Asks for lines and shows what the server makes of them.
fn talk(server: SocketAddr) -> io::Result<()> {
    //~ uncomment
    // (1) socket
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // (2) connect
    socket.connect(&server.into())?;
    let mut conn = TcpStream::from(socket);
    // (3) input
    while let Some(line) = given::prompt("请输入你:")? {
        let message = line.trim();
        if message.is_empty() {
            continue; // it would send no bytes, and no answer would come
        }
        let echo = exchange(&mut conn, message.as_bytes())?;
        println!("{}", given::harmless(&String::from_utf8_lossy(&echo)));
    }
    // (6) close: `conn` ends here
    Ok(())
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}

/// Sends the message, and receives as many bytes as it has.
fn exchange(conn: &mut TcpStream, message: &[u8]) -> io::Result<Vec<u8>> {
    let mut echo = vec![0; message.len()];
    // (4) sendall
    //~ write
    conn.write_all(message)?;
    //~ end
    // (5) recv: as often as it takes until all bytes are back
    //~ write
    let mut received = 0;
    while received < echo.len() {
        let size = conn.read(&mut echo[received..])?;
        if size == 0 {
            return Err(io::Error::other("it hung up before its answer ended"));
        }
        received += size;
    }
    //~ end
    Ok(echo)
}
