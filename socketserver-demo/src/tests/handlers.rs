//! Handlers: their three steps, and the files of the stream and datagram handlers.

use std::io::{BufRead, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use socket2::SockRef;

use super::scaffold::{ANY_PORT, bounded, connect, udp_client, watched};
use crate::{
    BaseRequestHandler, BaseServer, DatagramFiles, DatagramRequestHandler, StreamFiles,
    StreamRequestHandler, TcpServer, UdpServer,
};

/// Writes its steps down, and fails in one of them.
#[derive(Clone)]
struct Steps {
    taken: Arc<Mutex<Vec<&'static str>>>,
    fails_in: &'static str,
}

impl Steps {
    fn take(&self, step: &'static str) -> Result<()> {
        self.taken.lock().unwrap().push(step);
        assert!(self.fails_in != "panic" || step != "handle", "panic");
        ensure!(!self.fails_in.contains(step), "{step} failed");
        Ok(())
    }
}

impl BaseRequestHandler for Steps {
    fn setup(&mut self, _request: &mut TcpStream, _client: &SocketAddr) -> Result<()> {
        self.take("setup")
    }

    fn handle(&mut self, _request: &mut TcpStream, _client: &SocketAddr) -> Result<()> {
        self.take("handle")
    }

    fn finish(&mut self, _request: &mut TcpStream, _client: &SocketAddr) -> Result<()> {
        self.take("finish")
    }
}

struct FileSteps(Steps);

impl StreamRequestHandler for FileSteps {
    fn setup(&mut self, _files: &mut StreamFiles<'_>) -> Result<()> {
        self.0.take("setup")
    }

    fn handle(&mut self, _files: &mut StreamFiles<'_>) -> Result<()> {
        self.0.take("handle")
    }

    fn finish(&mut self, _files: &mut StreamFiles<'_>) -> Result<()> {
        self.0.take("finish")
    }
}

impl DatagramRequestHandler for FileSteps {
    fn setup(&mut self, _files: &mut DatagramFiles<'_>) -> Result<()> {
        self.0.take("setup")
    }

    fn handle(&mut self, files: &mut DatagramFiles<'_>) -> Result<()> {
        files.wfile.extend(b"answer");
        self.0.take("handle")
    }

    fn finish(&mut self, _files: &mut DatagramFiles<'_>) -> Result<()> {
        self.0.take("finish")
    }
}

/// The steps that are taken, and the error that is reported, by a handler of each kind.
fn steps_taken(fails_in: &'static str) -> Vec<(Vec<&'static str>, Option<String>)> {
    let steps = || Steps {
        taken: Arc::default(),
        fails_in,
    };
    let (base, stream, datagram) = (steps(), steps(), steps());

    let handler = base.clone();
    let server = TcpServer::new(ANY_PORT, move || handler.clone()).unwrap();
    let base_error = connect_and_handle(server);

    let handler = stream.clone();
    let server = TcpServer::new(ANY_PORT, move || FileSteps(handler.clone())).unwrap();
    let stream_error = connect_and_handle(server);

    let handler = datagram.clone();
    let server = UdpServer::new(ANY_PORT, move || FileSteps(handler.clone())).unwrap();
    let client = udp_client();
    client.send_to(b"hello", server.server_address()).unwrap();
    let datagram_error = handle(server);

    [
        (base, base_error),
        (stream, stream_error),
        (datagram, datagram_error),
    ]
    .map(|(steps, error)| (steps.taken.lock().unwrap().clone(), error))
    .into()
}

fn connect_and_handle(
    server: impl BaseServer<Socket: crate::ServerSocket<Request = TcpStream>>,
) -> Option<String> {
    let _client = connect(server.server_address());
    handle(server)
}

fn handle(server: impl BaseServer) -> Option<String> {
    let (server, events) = watched(server);
    bounded(move || server.handle_request()).unwrap();
    let mut errors = events.all().into_iter();
    errors.find_map(|event| event.strip_prefix("handle_error: ").map(str::to_owned))
}

#[test]
fn a_handler_takes_its_three_steps_in_order() {
    for (taken, error) in steps_taken("") {
        assert_eq!((taken, error), (vec!["setup", "handle", "finish"], None));
    }
}

#[test]
fn finish_runs_although_handle_fails() {
    for (taken, error) in steps_taken("handle") {
        assert_eq!(taken, ["setup", "handle", "finish"]);
        assert_eq!(error.unwrap(), "handle failed");
    }
}

#[test]
fn finish_runs_although_handle_panics() {
    for (taken, error) in steps_taken("panic") {
        assert_eq!(taken, ["setup", "handle", "finish"]);
        assert_eq!(error.unwrap(), "the handler panicked: panic");
    }
}

#[test]
fn nothing_runs_when_setup_fails() {
    for (taken, error) in steps_taken("setup") {
        assert_eq!(taken, ["setup"]);
        assert_eq!(error.unwrap(), "setup failed");
    }
}

#[test]
fn an_error_of_finish_is_reported_and_does_not_hide_that_of_handle() {
    for (_, error) in steps_taken("finish") {
        assert_eq!(error.unwrap(), "finish failed");
    }
    for (_, error) in steps_taken("handle finish") {
        assert_eq!(error.unwrap(), "handle failed");
    }
}

#[test]
fn what_a_datagram_handler_wrote_is_sent_although_it_failed() {
    let steps = Steps {
        taken: Arc::default(),
        fails_in: "handle",
    };
    let server = UdpServer::new(ANY_PORT, move || FileSteps(steps.clone())).unwrap();
    let client = udp_client();
    client.send_to(b"hello", server.server_address()).unwrap();
    handle(server);
    let mut buffer = [0; 100];
    assert_eq!(client.recv(&mut buffer).unwrap(), b"answer".len());
}

/// Talks before the client does, reads two lines, and writes much.
struct Talk;

const MUCH: usize = 8 * 1024 * 1024;

impl StreamRequestHandler for Talk {
    fn handle(&mut self, files: &mut StreamFiles<'_>) -> Result<()> {
        // The client answers only when it has this: without a flush.
        assert_eq!(files.wfile.write(b"write data\n")?, 11);
        let mut lines = String::new();
        files.rfile.read_line(&mut lines)?;
        files.rfile.read_line(&mut lines)?;
        assert_eq!(lines, "client\nresponse\n");
        assert_eq!(files.wfile.write(&vec![0; MUCH])?, MUCH);
        Ok(())
    }
}

#[test]
fn wfile_sends_at_once_and_whole() {
    let server = TcpServer::new(ANY_PORT, || Talk).unwrap();
    let mut client = connect(server.server_address());
    let serving = std::thread::spawn(move || handle(server));
    let mut greeting = [0; 11];
    client.read_exact(&mut greeting).unwrap();
    assert_eq!(&greeting, b"write data\n");
    client.write_all(b"client\nresponse\n").unwrap();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).unwrap();
    assert_eq!(rest.len(), MUCH);
    assert_eq!(serving.join().unwrap(), None);
}

/// Writes in small pieces, and asks whether the client has them already.
struct Pieces<const SIZE: usize>(Arc<Mutex<Vec<u8>>>);

impl<const SIZE: usize> StreamRequestHandler for Pieces<SIZE> {
    const WBUFSIZE: usize = SIZE;

    fn handle(&mut self, files: &mut StreamFiles<'_>) -> Result<()> {
        for piece in [b"one ", b"two "] {
            files.wfile.write_all(piece)?;
        }
        self.0.lock().unwrap().extend(files.wfile.buffer());
        Ok(())
    }
}

fn buffered<const SIZE: usize>() -> (Vec<u8>, String) {
    let buffer = Arc::default();
    let handler_buffer = Arc::clone(&buffer);
    let make = move || Pieces::<SIZE>(Arc::clone(&handler_buffer));
    let server = TcpServer::new(ANY_PORT, make).unwrap();
    let mut client = connect(server.server_address());
    assert_eq!(handle(server), None);
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    let buffer = buffer.lock().unwrap().clone();
    (buffer, answer)
}

#[test]
fn a_write_buffer_collects_and_is_flushed_at_the_end() {
    assert_eq!(buffered::<0>(), (vec![], "one two ".to_owned()));
    assert_eq!(
        buffered::<100>(),
        (b"one two ".to_vec(), "one two ".to_owned())
    );
}

/// Reads a line with the smallest of all buffers, then nothing in time.
struct Impatient;

impl StreamRequestHandler for Impatient {
    const RBUFSIZE: usize = 0;
    const TIMEOUT: Option<Duration> = Some(Duration::from_millis(10));
    const DISABLE_NAGLE_ALGORITHM: bool = true;

    fn handle(&mut self, files: &mut StreamFiles<'_>) -> Result<()> {
        assert!(files.connection.nodelay()?);
        assert!(SockRef::from(files.connection).write_timeout()?.is_some());
        let mut line = Vec::new();
        files.rfile.read_until(b'\n', &mut line)?;
        assert_eq!(line, b"hello\n");
        files.rfile.read_exact(&mut [0])?;
        Ok(())
    }
}

#[cfg(unix)]
#[test]
fn a_stream_handler_applies_its_timeout_and_its_other_constants() {
    let (server, events) = watched(TcpServer::new(ANY_PORT, || Impatient).unwrap());
    let mut client = connect(server.server_address());
    client.write_all(b"hello\n").unwrap();
    bounded(move || server.handle_request()).unwrap();
    let error = events.wait_for("handle_error");
    // What the system says when a time limit is over, on Unix.
    let over = std::io::Error::from(rustix::io::Errno::AGAIN);
    assert_eq!(over.kind(), ErrorKind::WouldBlock);
    assert_eq!(error, format!("handle_error: {over}"));
}

/// Writes more than the client takes.
struct Pour;

impl StreamRequestHandler for Pour {
    const TIMEOUT: Option<Duration> = Some(Duration::from_millis(10));

    fn handle(&mut self, files: &mut StreamFiles<'_>) -> Result<()> {
        let written = files.wfile.write(&vec![0; 4 * MUCH])?;
        bail!("{written} bytes are said to be written")
    }
}

#[test]
fn a_write_that_cannot_be_completed_is_an_error() {
    let server = TcpServer::new(ANY_PORT, || Pour).unwrap();
    let error = connect_and_handle(server).unwrap();
    assert!(!error.contains("said to be written"), "{error}");
}

#[test]
fn a_datagram_handler_sees_the_whole_request() {
    struct Look;

    impl DatagramRequestHandler for Look {
        fn handle(&mut self, files: &mut DatagramFiles<'_>) -> Result<()> {
            let mut read = Vec::new();
            files.rfile.read_to_end(&mut read)?;
            assert_eq!(read, files.packet);
            let own = files.socket.local_addr()?;
            write!(files.wfile, "{} {own}", files.client_address)?;
            Ok(())
        }
    }

    let server = UdpServer::new(ANY_PORT, || Look).unwrap();
    let address = *server.server_address();
    let client = udp_client();
    client.send_to(b"hello", address).unwrap();
    assert_eq!(handle(server), None);
    let mut buffer = [0; 100];
    let size = client.recv(&mut buffer).unwrap();
    let expected = format!("{} {address}", client.local_addr().unwrap());
    assert_eq!(str::from_utf8(&buffer[..size]).unwrap(), expected);
}
