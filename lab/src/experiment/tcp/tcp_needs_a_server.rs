//! Connecting to nobody.

use std::net::{TcpListener, TcpStream};

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::Failure;
use crate::experiment::report::{Steps, Verdict};

/// The server must listen before the client connects.
pub struct TcpNeedsAServer;

/// What `connect` said.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// Its error while nobody listens.
    pub before: Option<Failure>,
    /// Its error while a server listens.
    pub after: Option<Failure>,
}

impl Experiment for TcpNeedsAServer {
    const NAME: &'static str = "tcp-needs-a-server";
    const CLAIM: &'static str =
        "TCP is connected: the server must run before the client, which is refused otherwise";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("find a port where nobody listens: bind one and close it again");
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;

        log.step("connect to it");
        let before = Failure::of(&TcpStream::connect(address));

        log.step("start the server there, and connect again");
        let _listener = TcpListener::bind(address)?;
        let after = Failure::of(&TcpStream::connect(address));

        Ok(Seen { before, after })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.before.is_some() && seen.after.is_none(),
            "the system answers a connection to a port without a listener with a reset, at once",
            "connecting did not depend on the server",
        )
    }
}
