//! What is done with a request: `BaseRequestHandler`, and the two that make files of a request.

use std::any::Any;
use std::fmt::Debug;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use anyhow::{Result, anyhow};
use socket2::SockRef;

use crate::socket::{Datagram, DatagramSocket, StreamSocket};

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
/// [`handle_error`](crate::BaseServer::handle_error); of two errors that of `handle`, which is the
/// cause.
///
/// `R` is what the handler handles: `TcpStream`, `UnixStream` or [`Datagram`](crate::Datagram).
pub trait BaseRequestHandler<R: Request = TcpStream> {
    /// Prepares. Does nothing unless overridden.
    fn setup(&mut self, request: &mut R, client_address: &R::Address) -> Result<()> {
        let _ = (request, client_address);
        Ok(())
    }

    /// Does the work of the service. Does nothing unless overridden.
    fn handle(&mut self, request: &mut R, client_address: &R::Address) -> Result<()> {
        let _ = (request, client_address);
        Ok(())
    }

    /// Cleans up. Does nothing unless overridden.
    fn finish(&mut self, request: &mut R, client_address: &R::Address) -> Result<()> {
        let _ = (request, client_address);
        Ok(())
    }

    /// Runs the three steps: `BaseRequestHandler.__init__`. Not to be overridden.
    fn run(&mut self, request: &mut R, client_address: &R::Address) -> Result<()> {
        self.setup(request, client_address)?;
        let handled = catching_panics(|| self.handle(request, client_address));
        let finished = self.finish(request, client_address);
        handled.and(finished)
    }
}

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
    fn setup(&mut self, files: &mut StreamFiles<'_, S>) -> Result<()> {
        let _ = files;
        Ok(())
    }

    /// Does the work of the service.
    fn handle(&mut self, files: &mut StreamFiles<'_, S>) -> Result<()>;

    /// Cleans up, before `wfile` is flushed. Does nothing unless overridden.
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
    fn setup(&mut self, files: &mut DatagramFiles<'_, S>) -> Result<()> {
        let _ = files;
        Ok(())
    }

    /// Does the work of the service.
    fn handle(&mut self, files: &mut DatagramFiles<'_, S>) -> Result<()>;

    /// Cleans up, before the answer is sent. Does nothing unless overridden.
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
