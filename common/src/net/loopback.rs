//! For tests: a connection of this process with itself.

use std::io;
use std::net::{TcpListener, TcpStream};

/// A connection over the loopback: near end, far end. What the far end writes goes out at once, each write as a segment.
pub(crate) fn connection() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let near = TcpStream::connect(listener.local_addr()?)?;
    let (far, _) = listener.accept()?;
    far.set_nodelay(true)?;
    Ok((near, far))
}
