//! A message sent over a connection, and its echo received.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::{NetError, OrSay};

/// How much is sent before the echo is received, in bytes. So much fits into the buffers of the two
/// systems: neither side has to wait in `send` for the other to receive.
pub const BLOCK: usize = 64 * 1024;

/// Sends a message and receives as many bytes back: `sendall`, then `recv` until all are there.
/// `echo-tcp/src/bin/client.rs` has the loop in the open, and says why it goes in blocks.
///
/// # Errors
///
/// [`NetError::HungUp`] when the server closes before the last byte, and whatever else ends the
/// connection.
pub fn exchange(
    mut conn: &TcpStream,
    message: &[u8],
    server: SocketAddr,
) -> Result<Vec<u8>, NetError> {
    let mut echo = Vec::with_capacity(message.len());
    for block in message.chunks(BLOCK) {
        let received = conn
            .write_all(block)
            .and_then(|()| conn.take(block.len() as u64).read_to_end(&mut echo))
            .or_say("lost the connection to", server)?;
        if received < block.len() {
            return Err(NetError::hung_up(server, echo.len(), message.len()));
        }
    }
    Ok(echo)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::loopback::connection;
    use std::io;
    use std::net::Shutdown;
    use std::thread;

    #[test]
    fn a_message_of_megabytes_comes_back_whole() {
        let (client, server) = connection().unwrap();
        let address = client.peer_addr().unwrap();
        let echoing = thread::spawn(move || io::copy(&mut &server, &mut &server));
        let message: Vec<_> = (0..=u8::MAX).cycle().take(5 << 20).collect();
        assert!(exchange(&client, &message, address).unwrap() == message);
        client.shutdown(Shutdown::Both).unwrap();
        echoing.join().unwrap().unwrap();
    }

    #[test]
    fn a_server_that_hangs_up_is_told_with_the_bytes_that_came() {
        let (client, mut server) = connection().unwrap();
        let address = client.peer_addr().unwrap();
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
        let error = error.to_string();
        let lost = format!("lost the connection to {address}: ");
        assert!(error.starts_with(&lost), "{error}");
    }
}
