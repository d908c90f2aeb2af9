//! `DatagramRequestHandler`: a datagram as one file, its answer as another.

use std::net::UdpSocket;

use anyhow::Result;

use crate::datagram::{Datagram, DatagramSocket};
use crate::handler::{BaseRequestHandler, catching_panics};

/// Handles one datagram, which it reads like a file; what it writes is the answer, sent as one
/// datagram after `handle`: also when `handle` fails, and when nothing was written (an empty
/// datagram then). So it is in Python.
///
/// A type that has this trait is a [`BaseRequestHandler`] and can be given to every datagram
/// server.
///
/// ```
/// use std::io::{BufRead, Write};
/// use socketserver_demo::{DatagramFiles, DatagramRequestHandler};
///
/// struct EchoLine;
///
/// impl DatagramRequestHandler for EchoLine {
///     fn handle(&mut self, files: &mut DatagramFiles<'_>) -> anyhow::Result<()> {
///         files.rfile.read_until(b'\n', &mut files.wfile)?;
///         Ok(())
///     }
/// }
/// ```
pub trait DatagramRequestHandler<S: DatagramSocket = UdpSocket> {
    /// Prepares. Does nothing unless overridden.
    ///
    /// # Errors
    ///
    /// The datagram is not handled then.
    fn setup(&mut self, files: &mut DatagramFiles<'_, S>) -> Result<()> {
        let _ = files;
        Ok(())
    }

    /// Does the work of the service.
    ///
    /// # Errors
    ///
    /// Whatever ends it too early.
    fn handle(&mut self, files: &mut DatagramFiles<'_, S>) -> Result<()>;

    /// Cleans up, before the answer is sent. Does nothing unless overridden.
    ///
    /// # Errors
    ///
    /// Reported unless `handle` has failed before.
    fn finish(&mut self, files: &mut DatagramFiles<'_, S>) -> Result<()> {
        let _ = files;
        Ok(())
    }
}

/// What a [`DatagramRequestHandler`] works with.
pub struct DatagramFiles<'a, S: DatagramSocket = UdpSocket> {
    /// The whole datagram.
    pub packet: &'a [u8],
    /// The server's socket.
    pub socket: &'a S,
    /// Who sent it.
    pub client_address: &'a S::Address,
    /// Reads the datagram.
    pub rfile: &'a [u8],
    /// Collects the answer.
    pub wfile: Vec<u8>,
}

impl<H, S> BaseRequestHandler<Datagram<S>> for H
where
    H: DatagramRequestHandler<S>,
    S: DatagramSocket,
{
    fn handle(&mut self, request: &mut Datagram<S>, client_address: &S::Address) -> Result<()> {
        let mut files = DatagramFiles {
            packet: &request.data,
            socket: &*request.socket,
            client_address,
            rfile: &request.data,
            wfile: Vec::new(),
        };
        DatagramRequestHandler::setup(self, &mut files)?;
        let handled = catching_panics(|| DatagramRequestHandler::handle(self, &mut files));
        let finished = DatagramRequestHandler::finish(self, &mut files);
        let sent = files.socket.send_to(&files.wfile, client_address);
        handled.and(finished)?;
        sent?;
        Ok(())
    }
}
