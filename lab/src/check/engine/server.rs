//! A server under test.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::program::Program;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Result, Stop, Trial};
use crate::pairs::Transport;

/// A server that is ready.
#[derive(Debug)]
pub(crate) struct Server {
    trial: Arc<Trial>,
    program: Option<Program>,
    address: SocketAddr,
}

impl Server {
    pub(super) fn new(trial: Arc<Trial>, program: Option<Program>, address: SocketAddr) -> Self {
        trial.speaks();
        Self {
            trial,
            program,
            address,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The program; a check that needs it is skipped for a server that somebody else started.
    pub(crate) fn program(&mut self) -> Result<&mut Program> {
        self.program.as_mut().ok_or_else(|| {
            Stop::Skipped("the checker would have to start the server itself".to_owned())
        })
    }

    /// A new client's connection.
    pub(crate) fn connect(&self) -> Result<Stream> {
        Stream::connect(Arc::clone(&self.trial), self.address)
    }

    /// A new client's UDP socket.
    pub(crate) fn datagrams(&self) -> Result<Datagrams> {
        Datagrams::client(Arc::clone(&self.trial), self.address)
    }

    /// The UDP socket of a client that leaves before its answer comes. Its port is none that the system gives to other
    /// clients, beside this check or in it: who got it next would get the answer.
    pub(crate) fn passing_datagrams(&self) -> Result<Datagrams> {
        Datagrams::client_at(
            Arc::clone(&self.trial),
            self.address,
            self.trial.port(Transport::Udp)?,
        )
    }

    /// Fails if it spins, or has ended. Passes where that cannot be seen.
    pub(crate) fn expect_idle(&mut self) -> Result {
        self.program.as_mut().map_or(Ok(()), Program::expect_idle)
    }

    /// Waits until the screen shows `last`, and fails if it was sent raw control characters, other
    /// than `allowed`. Passes where there is no screen to see.
    pub(crate) fn expect_harmless_screen(&mut self, last: &str, allowed: &[&str]) -> Result {
        match &mut self.program {
            None => Ok(()),
            Some(program) => {
                program.await_screen(last)?;
                program.expect_harmless_screen(allowed)
            }
        }
    }

    /// Waits until the screen goes on with `text`. Passes where there is no screen to see.
    pub(crate) fn expect_screen(&mut self, text: &str) -> Result {
        self.program
            .as_mut()
            .map_or(Ok(()), |program| program.expect_screen(text))
    }
}
