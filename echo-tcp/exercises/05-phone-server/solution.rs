//! Sends back to each caller what it says, and is there again at once after a restart.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let address = given::listen_address(8002);
    //~ uncomment
    // (1) socket: buy a phone
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // (2) setsockopt SO_REUSEADDR: it counts only if it is set before bind
    //~ write
    socket.set_reuse_address(true)?;
    //~ end
    // (3) bind: put the number in
    socket.bind(&address.into())?;
    // (4) listen: switch it on
    socket.listen(5)?;
    let phone = TcpListener::from(socket);
    loop {
        // (5) accept: pick up, or wait for a call
        let (call, caller) = phone.accept()?;
        if let Err(error) = serve(call, caller) {
            eprintln!("lost the connection to {caller}: {error}");
        }
    }
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}

/// Talks with one caller until it hangs up.
fn serve(mut call: TcpStream, caller: SocketAddr) -> io::Result<()> {
    let from = given::repr_address(caller);
    let mut buffer = [0; 64 * 1024];
    //~ write
    //~| // (6) recv: listen
    //~| // (7) sendall: speak
    //~| // (8) close: `call` ends here
    //~| Ok(())
    loop {
        // (6) recv: listen
        let size = call.read(&mut buffer)?;
        if size == 0 {
            return Ok(()); // (8) close: `call` ends here
        }
        let message = &buffer[..size];
        println!("msg={} addr={from}", given::repr(message));
        // (7) sendall: speak
        call.write_all(message)?;
    }
    //~ end
}
