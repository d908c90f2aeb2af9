//! `BaseRequestHandler`: what is done with one request.

use std::any::Any;
use std::fmt::Debug;
use std::net::{SocketAddr, TcpStream};
use std::panic::{self, AssertUnwindSafe};

use anyhow::{Result, anyhow};

/// What a server hands to its handlers: a connection, or a datagram with the socket that it came
/// to.
pub trait Request: Send + 'static {
    /// Who sent it.
    type Address: Clone + Debug + Send + Sync + 'static;
}

impl Request for TcpStream {
    type Address = SocketAddr;
}

#[cfg(unix)]
impl Request for std::os::unix::net::UnixStream {
    type Address = std::os::unix::net::SocketAddr;
}

/// Handles one request. A fresh handler is made for each, so that its fields can hold what belongs
/// to this one conversation.
///
/// The three steps run in the order `setup`, `handle`, `finish`. When `setup` fails, the others do
/// not run; `finish` runs although `handle` fails or panics. An error goes to the server's
/// [`handle_error`](crate::BaseServer::handle_error).
///
/// `R` is what the handler handles: `TcpStream`, `UnixStream` or [`Datagram`](crate::Datagram).
pub trait BaseRequestHandler<R: Request = TcpStream> {
    /// Prepares. Does nothing unless overridden.
    ///
    /// # Errors
    ///
    /// The request is not handled then.
    fn setup(&mut self, request: &mut R, client_address: &R::Address) -> Result<()> {
        let _ = (request, client_address);
        Ok(())
    }

    /// Does the work of the service. Does nothing unless overridden.
    ///
    /// # Errors
    ///
    /// Whatever ends the conversation too early.
    fn handle(&mut self, request: &mut R, client_address: &R::Address) -> Result<()> {
        let _ = (request, client_address);
        Ok(())
    }

    /// Cleans up. Does nothing unless overridden.
    ///
    /// # Errors
    ///
    /// Reported unless `handle` has failed before: then its error is the cause, and is reported.
    fn finish(&mut self, request: &mut R, client_address: &R::Address) -> Result<()> {
        let _ = (request, client_address);
        Ok(())
    }

    /// Runs the three steps: `BaseRequestHandler.__init__`. Not to be overridden.
    ///
    /// # Errors
    ///
    /// The first error of the three.
    fn run(&mut self, request: &mut R, client_address: &R::Address) -> Result<()> {
        self.setup(request, client_address)?;
        let handled = catching_panics(|| self.handle(request, client_address));
        let finished = self.finish(request, client_address);
        handled.and(finished)
    }
}

/// Turns a panic into an error, as every exception is one in Python: neither may end the server.
pub(crate) fn catching_panics(step: impl FnOnce() -> Result<()>) -> Result<()> {
    // Nobody sees a half-changed handler afterwards but `finish`, which is made to clean up.
    panic::catch_unwind(AssertUnwindSafe(step))
        .unwrap_or_else(|panic| Err(anyhow!("the handler panicked: {}", message(&*panic))))
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    literal
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
