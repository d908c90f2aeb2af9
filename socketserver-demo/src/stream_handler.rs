//! `StreamRequestHandler`: a connection as two files.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::Result;
use socket2::SockRef;

use crate::handler::{BaseRequestHandler, Request, catching_panics};
use crate::stream::StreamSocket;

/// Handles one connection, which it reads and writes like files, line by line for example.
///
/// A type that has this trait is a [`BaseRequestHandler`] and can be given to every stream server.
/// The constants are Python's class attributes: what the trait does not say, the default does.
///
/// ```
/// use std::io::{BufRead, Write};
/// use socketserver_demo::{StreamFiles, StreamRequestHandler};
///
/// struct EchoLine;
///
/// impl StreamRequestHandler for EchoLine {
///     fn handle(&mut self, files: &mut StreamFiles<'_>) -> anyhow::Result<()> {
///         let mut line = Vec::new();
///         files.rfile.read_until(b'\n', &mut line)?;
///         Ok(files.wfile.write_all(&line)?)
///     }
/// }
/// ```
pub trait StreamRequestHandler<S: StreamSocket = TcpStream> {
    /// The size of `rfile`'s buffer in bytes, at least 1.
    const RBUFSIZE: usize = 8 * 1024;

    /// The size of `wfile`'s buffer in bytes. 0: each write is sent at once, because after a write
    /// one often waits for an answer.
    const WBUFSIZE: usize = 0;

    /// How long a receive or a send may take; `None` waits for ever. Beyond it, it fails with
    /// [`io::ErrorKind::WouldBlock`] (Unix) or [`io::ErrorKind::TimedOut`] (Windows).
    const TIMEOUT: Option<Duration> = None;

    /// Sets TCP_NODELAY. Of use where `WBUFSIZE` is not 0: otherwise many small writes are many
    /// small segments.
    const DISABLE_NAGLE_ALGORITHM: bool = false;

    /// Prepares. Does nothing unless overridden.
    ///
    /// # Errors
    ///
    /// The connection is not handled then.
    fn setup(&mut self, files: &mut StreamFiles<'_, S>) -> Result<()> {
        let _ = files;
        Ok(())
    }

    /// Does the work of the service.
    ///
    /// # Errors
    ///
    /// Whatever ends the conversation too early.
    fn handle(&mut self, files: &mut StreamFiles<'_, S>) -> Result<()>;

    /// Cleans up, before `wfile` is flushed. Does nothing unless overridden.
    ///
    /// # Errors
    ///
    /// Reported unless `handle` has failed before.
    fn finish(&mut self, files: &mut StreamFiles<'_, S>) -> Result<()> {
        let _ = files;
        Ok(())
    }
}

/// What a [`StreamRequestHandler`] works with.
pub struct StreamFiles<'a, S: StreamSocket = TcpStream> {
    /// The connection itself.
    pub connection: &'a S,
    /// Who is at its other end.
    pub client_address: &'a S::Address,
    /// Reads what the client sends.
    pub rfile: BufReader<Receiver<'a, S>>,
    /// Writes what the client receives. `write` sends all of its bytes, or as many as its buffer
    /// does not hold.
    pub wfile: BufWriter<Sender<'a, S>>,
}

/// Reads from a connection: `recv`.
pub struct Receiver<'a, S>(&'a S);

/// Writes to a connection: `sendall`. Python's `_SocketWriter`.
pub struct Sender<'a, S>(&'a S);

impl<S: StreamSocket> Read for Receiver<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*SockRef::from(self.0)).read(buffer)
    }
}

impl<S: StreamSocket> Write for Sender<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*SockRef::from(self.0)).write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<H, S> BaseRequestHandler<S> for H
where
    H: StreamRequestHandler<S>,
    S: StreamSocket,
{
    fn handle(&mut self, request: &mut S, client_address: &<S as Request>::Address) -> Result<()> {
        let connection = &*request;
        let socket = SockRef::from(connection);
        if let Some(limit) = H::TIMEOUT {
            socket.set_read_timeout(Some(limit))?;
            socket.set_write_timeout(Some(limit))?;
        }
        if H::DISABLE_NAGLE_ALGORITHM {
            socket.set_tcp_nodelay(true)?;
        }
        let mut files = StreamFiles {
            connection,
            client_address,
            rfile: BufReader::with_capacity(H::RBUFSIZE.max(1), Receiver(connection)),
            wfile: BufWriter::with_capacity(H::WBUFSIZE, Sender(connection)),
        };
        StreamRequestHandler::setup(self, &mut files)?;
        let handled = catching_panics(|| StreamRequestHandler::handle(self, &mut files));
        let finished = StreamRequestHandler::finish(self, &mut files);
        // The client may be gone by now, which only the client could mind.
        let _ = files.wfile.flush();
        handled.and(finished)
    }
}
