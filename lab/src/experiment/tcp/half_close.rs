//! One end has closed: what the other may still do.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::Bytes;
use crate::experiment::report::{Steps, Verdict};
use crate::host::sockets::{self, State};

/// A FIN says "I send no more"; it does not end the other direction.
pub struct HalfClose;

/// What passed after the client's FIN.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The client's state after its FIN was acknowledged.
    pub client: State,
    /// The server's.
    pub server: State,
    /// What the server's `recv` returns then.
    pub server_receives: Bytes,
    /// What the client still received: all that the server had left to send.
    pub client_receives: Bytes,
    /// The client's state when the server had closed too.
    pub client_in_the_end: State,
}

impl Experiment for HalfClose {
    const NAME: &'static str = "half-close";
    const CLAIM: &'static str =
        "after the client's farewell the server first finishes its transfer, then says its own";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let mut client = TcpStream::connect(address)?;
        let (mut server, peer) = listener.accept()?;

        log.step("the client says that it will send no more: shutdown(SHUT_WR)");
        client.shutdown(Shutdown::Write)?;
        sockets::wait_for_state(address, peer, State::CloseWait)?;
        sockets::wait_for_state(peer, address, State::FinWait2)?;
        let client_then = sockets::tcp_state(peer, address)?;
        let server_then = sockets::tcp_state(address, peer)?;

        log.step("the server receives, then sends three times, then closes");
        let mut buffer = [0; 16];
        let received = server.read(&mut buffer)?;
        for part in ["still ", "to be ", "sent"] {
            server.write_all(part.as_bytes())?;
        }
        drop(server);

        log.step("the client receives until the end");
        let mut client_receives = Vec::new();
        client.read_to_end(&mut client_receives)?;
        sockets::wait_for_state(peer, address, State::TimeWait)?;

        Ok(Seen {
            client: client_then,
            server: server_then,
            server_receives: Bytes::from(&buffer[..received]),
            client_receives: Bytes(client_receives),
            client_in_the_end: sockets::tcp_state(peer, address)?,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.client_receives.0 == b"still to be sent",
            "each direction is closed by itself: the server, in CLOSE_WAIT, may send as long as it \
             likes, and the client, in FIN_WAIT2, receives it",
            "the server could not send any more",
        )
    }
}
