//! Calls the phone server, says each typed line, and prints what comes back.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use socket2::{Domain, Socket, Type};

fn main() -> ExitCode {
    let server = given::server_address(8002);
    match talk(server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(server, error),
    }
}

/// Makes the call, which lasts as long as somebody types.
fn talk(server: SocketAddr) -> io::Result<()> {
    //~ uncomment
    // (1) socket: buy a phone
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // (2) connect: call
    socket.connect(&server.into())?;
    let mut call = TcpStream::from(socket);
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away");
    //~ end
    // (3) input: the line as it is, blanks too
    // (4) sendall, and recv until as many bytes are back: `exchange` does both
    //~ write
    while let Some(message) = given::prompt(">>>>")? {
        if message.is_empty() {
            continue; // silence cannot be sent: the server would not answer it
        }
        let echo = exchange(&mut call, message.as_bytes())?;
        println!("{}", given::harmless(&String::from_utf8_lossy(&echo)));
    }
    //~ end
    // (5) close: `call` ends here, which hangs up
    Ok(())
}

/// Sends the message, and receives as many bytes as it has.
fn exchange(call: &mut TcpStream, message: &[u8]) -> io::Result<Vec<u8>> {
    call.write_all(message)?;
    let mut echo = vec![0; message.len()];
    let mut received = 0;
    while received < echo.len() {
        let size = call.read(&mut echo[received..])?;
        if size == 0 {
            return Err(io::Error::other("it hung up before its answer ended"));
        }
        received += size;
    }
    Ok(echo)
}
