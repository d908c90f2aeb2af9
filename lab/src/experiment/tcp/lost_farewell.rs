//! The last ACK is lost: what TIME_WAIT is for.

use std::net::{Shutdown, TcpListener, TcpStream};

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::report::{Steps, Verdict};
use crate::host::namespace::{End, Wire};
use crate::host::sockets::{self, State, wait_until};

/// The client waits in case its last acknowledgement did not arrive.
pub struct LostFarewell;

/// Both ends while the last acknowledgement is missing, and after.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The client's state after the server's FIN.
    pub client: State,
    /// The server's, without the client's answer.
    pub server: State,
    /// How often the server sent its FIN again meanwhile.
    pub fins_again: u64,
    /// The client's state when the wire was mended.
    pub client_then: State,
    /// The server's, when its next FIN had been answered.
    pub server_then: State,
}

impl Experiment for LostFarewell {
    const NAME: &'static str = "lost-farewell";
    const CLAIM: &'static str =
        "who closed first waits: the other's FIN comes again if the last ACK was lost";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("make two network namespaces and a wire, and connect over it");
        let wire = Wire::new()?;
        let listener = wire.at(End::Server, || {
            Ok(TcpListener::bind((End::Server.address(), 0))?)
        })?;
        let address = listener.local_addr()?;
        let client = wire.at(End::Client, || Ok(TcpStream::connect(address)?))?;
        let (server, peer) = listener.accept()?;
        let client_state = || wire.at(End::Client, || sockets::tcp_state(peer, address));
        let server_end = || wire.at(End::Server, || sockets::tcp_socket(address, peer));
        let server_state =
            || anyhow::Ok(server_end()?.map_or(State::Closed, |socket| socket.state));

        log.step("the client closes first, the server hears it");
        client.shutdown(Shutdown::Both)?;
        wait_until("the client's FIN is acknowledged", || {
            Ok(client_state()? == State::FinWait2)
        })?;

        log.step("cut what the client sends; the server closes; wait for its FIN to come twice");
        wire.cut(End::Client)?;
        drop(server);
        let fins = || anyhow::Ok(server_end()?.map_or(0, |socket| socket.retransmissions));
        wait_until("the server sends its FIN again", || Ok(fins()? >= 2))?;
        let fins_again = fins()?;
        let (client_now, server_now) = (client_state()?, server_state()?);

        log.step("mend the wire, and wait for the next FIN to be answered");
        wire.mend(End::Client);
        wait_until("the server's end is gone", || {
            Ok(server_state()? == State::Closed)
        })?;

        Ok(Seen {
            client: client_now,
            server: server_now,
            fins_again,
            client_then: client_state()?,
            server_then: server_state()?,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        let waiting = (seen.client, seen.server) == (State::TimeWait, State::LastAck);
        let answered = (seen.client_then, seen.server_then) == (State::TimeWait, State::Closed);
        Verdict::decide(
            waiting && answered,
            "the server stayed in LAST_ACK and repeated its FIN until the client, in TIME_WAIT, \
             could answer it: that is what it waits for",
            "the ends did not pass through LAST_ACK and TIME_WAIT",
        )
    }
}
