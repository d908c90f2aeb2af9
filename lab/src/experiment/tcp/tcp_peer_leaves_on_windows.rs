//! The same where the system is Windows.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;
use socket2::SockRef;

use crate::experiment::Experiment;
use crate::experiment::observation::Failure;
use crate::experiment::report::{Steps, Verdict};
use crate::host::cannot_be_seen;

/// On Windows the other end gets an error.
pub struct TcpPeerLeavesOnWindows;

/// What Windows says.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The error of `recv` after the client closed; none if it returned empty.
    pub after_a_close: Option<Failure>,
    /// The error of `recv` after the client aborted.
    pub after_a_reset: Option<Failure>,
}

impl Experiment for TcpPeerLeavesOnWindows {
    const NAME: &'static str = "tcp-peer-leaves-on-windows";
    const CLAIM: &'static str =
        "on Windows, when one end leaves, the other end's connection fails with an error";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        if !cfg!(windows) {
            return cannot_be_seen(
                "it needs a Windows machine: run this same experiment there. Here a close is \
                 never an error and a reset always is, see tcp-peer-leaves",
            );
        }
        let listener = TcpListener::bind("127.0.0.1:0")?;
        log.step("a client connects and closes; the server calls recv");
        let client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;
        drop(client);
        let after_a_close = Failure::of(&server.read(&mut [0; 1024]));

        log.step("a client connects and aborts (SO_LINGER 0); the server calls recv");
        let client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;
        SockRef::from(&client).set_linger(Some(Duration::ZERO))?;
        drop(client);
        let after_a_reset = Failure::of(&server.read(&mut [0; 1024]));

        Ok(Seen {
            after_a_close,
            after_a_reset,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.after_a_close.is_some(),
            "both ways of leaving are errors",
            "only an aborted connection is an error; a closed one returns empty, as elsewhere",
        )
    }
}
