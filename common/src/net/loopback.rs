//! For tests: a connection of this process with itself.

use std::net::{TcpListener, TcpStream};

/// A connection over the loopback: near end, far end. What the far end writes goes out at once, each write as a segment.
pub(crate) fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let far = listener.accept().unwrap().0;
    far.set_nodelay(true).unwrap();
    (near, far)
}
