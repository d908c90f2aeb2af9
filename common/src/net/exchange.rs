//! A message sent over a connection, and its echo received.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::NetError;

/// How much is sent before the echo is read, in bytes. So much fits into the buffers of the two
/// systems: neither side has to wait in `send` for the other to receive.
const BLOCK: usize = 64 * 1024;

/// Sends the whole message: `sendall`.
///
/// # Errors
///
/// When the connection is lost.
pub fn send_all(mut conn: &TcpStream, message: &[u8], peer: SocketAddr) -> Result<(), NetError> {
    conn.write_all(message)
        .map_err(NetError::io("cannot send to", peer))
}

/// Sends a message and receives as many bytes back: `sendall`, then `recv` until all are there.
///
/// One `recv` may return less. And a message of megabytes must not be sent in one go: the server
/// echoes while it receives, and when its answers fill both buffers it stops receiving; then both
/// sides wait in `send` for ever. So this sends a block, receives it back, and sends the next.
///
/// # Errors
///
/// [`NetError::HungUp`] when the server closes or resets the connection before the last byte.
pub fn exchange(
    mut conn: &TcpStream,
    message: &[u8],
    server: SocketAddr,
) -> Result<Vec<u8>, NetError> {
    let mut echo = Vec::with_capacity(message.len());
    for block in message.chunks(BLOCK) {
        let size = u64::try_from(block.len()).unwrap_or(u64::MAX);
        let exchanged = conn
            .write_all(block)
            .and_then(|()| conn.take(size).read_to_end(&mut echo));
        match exchanged {
            Ok(received) if received == block.len() => {}
            Err(error) if !is_hang_up(&error) => {
                return Err(NetError::io("cannot talk to", server)(error));
            }
            _ => {
                return Err(NetError::HungUp {
                    address: server,
                    got: echo.len(),
                    expected: message.len(),
                });
            }
        }
    }
    Ok(echo)
}

/// Whether the peer has closed or reset the connection, as the system puts it.
fn is_hang_up(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Shutdown, TcpListener};
    use std::thread;

    fn connection() -> (TcpStream, TcpStream, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let client = TcpStream::connect(address).unwrap();
        (client, listener.accept().unwrap().0, address)
    }

    #[test]
    fn a_message_of_megabytes_comes_back_whole() {
        let (client, server, address) = connection();
        let echoing = thread::spawn(move || io::copy(&mut &server, &mut &server));
        let message: Vec<_> = (0..=u8::MAX).cycle().take(5 << 20).collect();
        assert!(exchange(&client, &message, address).unwrap() == message);
        client.shutdown(Shutdown::Both).unwrap();
        echoing.join().unwrap().unwrap();
    }

    #[test]
    fn a_server_that_hangs_up_is_told_with_the_bytes_that_came() {
        let (client, mut server, address) = connection();
        server.write_all(b"HEL").unwrap();
        server.shutdown(Shutdown::Write).unwrap();
        let error = exchange(&client, b"hello", address)
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            format!(
                "{address} hung up after 3 of 5 bytes of the answer: is the server still running?"
            )
        );
        drop(server);
        let error = exchange(&client, b"hello", address).unwrap_err();
        assert!(matches!(error, NetError::HungUp { got: 0, .. }), "{error}");
    }
}
