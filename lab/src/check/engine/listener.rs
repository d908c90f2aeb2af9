//! The checker's listening socket.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Result, Stop, Trial};

/// The checker's listening socket, where the program under test is a client.
#[derive(Debug)]
pub(crate) struct Listener {
    trial: Arc<Trial>,
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Listens on `port`; 0 lets the system choose.
    pub(super) fn bind(trial: Arc<Trial>, port: u16) -> Result<Self> {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|socket| {
            socket.set_nonblocking(true)?;
            Ok((socket.local_addr()?, socket))
        });
        match bound {
            Ok((address, socket)) => Ok(Self {
                trial,
                socket,
                address,
            }),
            Err(error) => Err(Stop::NotJudged(format!(
                "cannot listen on tcp port {port}: {error}"
            ))),
        }
    }

    /// Where the client finds it.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The connection of the program under test, if it has connected.
    pub(crate) fn poll(&self) -> Result<Option<Stream>> {
        match self.socket.accept() {
            Ok((stream, _)) => self.accepted(stream).map(Some),
            Err(_) => Ok(None),
        }
    }

    fn accepted(&self, stream: TcpStream) -> Result<Stream> {
        stream
            .set_nonblocking(false)
            .map_err(|error| Stop::NotJudged(format!("a socket option: {error}")))?;
        self.trial.speaks();
        let name = self.trial.name_socket("connection");
        Stream::new(Arc::clone(&self.trial), name, "the message", stream)
    }

    /// Waits for the program under test to connect.
    pub(crate) fn accept(&self) -> Result<Stream> {
        let limit = self.trial.limit();
        loop {
            match self.socket.accept() {
                Ok((stream, _)) => return self.accepted(stream),
                Err(_) if Instant::now() < limit => thread::sleep(Duration::from_millis(2)),
                Err(_) if self.trial.has_spoken() => {
                    return Err(self
                        .trial
                        .fail("the client connects to its server", "it did not"));
                }
                Err(_) => {
                    return Err(self.trial.cannot_judge(format!(
                        "the program did not connect to tcp {} within {} s",
                        self.address,
                        self.trial.patience().as_secs_f64()
                    )));
                }
            }
        }
    }
}
