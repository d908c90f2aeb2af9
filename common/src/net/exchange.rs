//! A message sent over a connection, and its answer received.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::NetError;

/// How much is sent before the echo is read, in bytes. So much fits into the buffers of the two
/// systems: neither side has to wait in `send` for the other to receive.
const BLOCK: usize = 64 * 1024;

/// The longest answer that [`receive_until_close`] accepts, in bytes.
pub const MAX_ANSWER: usize = 1024 * 1024;

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

/// Receives what the server sends until it closes: `recv` until it returns nothing.
///
/// A reset is an end too: that is what a close becomes when bytes are left that the server has not
/// received.
///
/// # Errors
///
/// When nothing comes, more than [`MAX_ANSWER`] comes, or the connection fails.
pub fn receive_until_close(conn: &TcpStream, server: SocketAddr) -> Result<Vec<u8>, NetError> {
    let mut answer = Vec::new();
    // One more than is accepted, so that a longer answer shows.
    match conn.take(MAX_ANSWER as u64 + 1).read_to_end(&mut answer) {
        Err(error) if !is_hang_up(&error) => Err(NetError::io("cannot talk to", server)(error)),
        _ if answer.is_empty() => Err(NetError::NothingCame(server)),
        _ if answer.len() > MAX_ANSWER => Err(NetError::AnswerTooLong(server)),
        _ => Ok(answer),
    }
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

    #[test]
    fn an_answer_ends_with_a_close_or_a_reset() {
        let (client, mut server, address) = connection();
        server.write_all(b"HELLO").unwrap();
        // Bytes that the server has not received make a reset of its close.
        send_all(&client, b"hello", address).unwrap();
        drop(server);
        assert_eq!(receive_until_close(&client, address).unwrap(), b"HELLO");
    }

    #[test]
    fn no_answer_and_an_endless_one_are_errors() {
        let (client, server, address) = connection();
        drop(server);
        let error = receive_until_close(&client, address).unwrap_err();
        assert!(matches!(error, NetError::NothingCame(_)), "{error}");

        let (client, mut server, address) = connection();
        let sending = thread::spawn(move || while server.write_all(&[b'x'; 4096]).is_ok() {});
        let error = receive_until_close(&client, address).unwrap_err();
        assert!(matches!(error, NetError::AnswerTooLong(_)), "{error}");
        drop(client);
        sending.join().unwrap();
    }
}
