//! Servers that run beside a test, and servers that write down what happens to them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::{Error, Result};

use crate::{
    BaseServer, ClientAddressOf, DatagramFiles, DatagramRequestHandler, DatagramSocket, RequestOf,
    ServerSocket, ServerState, StreamFiles, StreamRequestHandler, StreamSocket,
};

/// How long anything may take before a test gives up.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// So long that nothing happens because it is over.
pub(super) const NEVER: Duration = Duration::from_hours(24);

/// Any free port.
pub(super) const ANY_PORT: &str = "127.0.0.1:0";

/// Runs `work` and fails when it takes longer than [`LIMIT`].
pub(super) fn bounded<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(LIMIT).expect("it takes too long")
}

/// Lets the server handle one request, here.
pub(super) fn handle_one<S: BaseServer>(server: S) -> S {
    bounded(move || {
        server.handle_request().unwrap();
        server
    })
}

/// A server whose `serve_forever` runs in a thread.
pub(super) struct Running<S> {
    pub(super) server: Arc<S>,
    ended: Receiver<std::io::Result<()>>,
}

/// Starts `serve_forever`, which looks for a shutdown by itself only once a day.
pub(super) fn serve<S: BaseServer>(server: S) -> Running<S> {
    serve_polling(server, NEVER)
}

pub(super) fn serve_polling<S: BaseServer>(server: S, poll_interval: Duration) -> Running<S> {
    let server = Arc::new(server);
    let (sender, ended) = mpsc::channel();
    let serving = Arc::clone(&server);
    thread::spawn(move || {
        let result = serving.serve_forever(poll_interval);
        drop(serving);
        sender.send(result)
    });
    Running { server, ended }
}

impl<S: BaseServer> Running<S> {
    /// Shuts the server down and hands it back.
    pub(super) fn stop(self) -> S {
        let server = Arc::clone(&self.server);
        bounded(move || server.shutdown());
        self.join()
    }

    /// Shuts the server down and drops it, which closes it.
    pub(super) fn close(self) {
        let server = self.stop();
        bounded(move || drop(server));
    }

    /// Waits until `serve_forever` has ended by itself.
    pub(super) fn join(self) -> S {
        let result = self.ended.recv_timeout(LIMIT);
        result.expect("serve_forever does not end").unwrap();
        let server = Arc::try_unwrap(self.server).ok();
        server.expect("nobody else has the server")
    }
}

/// Sends the first line back: CPython's `MyHandler`, for streams and datagrams of both families.
pub(super) struct EchoLine;

impl<S: StreamSocket> StreamRequestHandler<S> for EchoLine {
    fn handle(&mut self, files: &mut StreamFiles<'_, S>) -> Result<()> {
        let mut line = Vec::new();
        std::io::BufRead::read_until(&mut files.rfile, b'\n', &mut line)?;
        Ok(files.wfile.write_all(&line)?)
    }
}

impl<S: DatagramSocket> DatagramRequestHandler<S> for EchoLine {
    fn handle(&mut self, files: &mut DatagramFiles<'_, S>) -> Result<()> {
        std::io::BufRead::read_until(&mut files.rfile, b'\n', &mut files.wfile)?;
        Ok(())
    }
}

/// A connection on which no test waits for ever.
pub(super) fn connect(address: &SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(address, LIMIT).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.set_write_timeout(Some(LIMIT)).unwrap();
    stream
}

/// A socket on which no test waits for ever.
pub(super) fn udp_client() -> UdpSocket {
    let socket = UdpSocket::bind(ANY_PORT).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    socket
}

/// Sends a line and reads until the server closes.
pub(super) fn examine_stream(mut stream: impl Read + Write) {
    stream.write_all(b"hello world\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"hello world\n");
}

/// A server that does what `S` does and tells what happens to it.
pub(super) struct Watched<S> {
    server: S,
    told: Mutex<Sender<String>>,
    /// What `verify_request` says.
    pub(super) verified: bool,
}

/// What a [`Watched`] server tells.
pub(super) struct Events(Receiver<String>);

pub(super) fn watched<S: BaseServer>(server: S) -> (Watched<S>, Events) {
    let (sender, events) = mpsc::channel();
    let watched = Watched {
        server,
        told: Mutex::new(sender),
        verified: true,
    };
    (watched, Events(events))
}

impl Events {
    pub(super) fn next(&self) -> String {
        self.0.recv_timeout(LIMIT).expect("nothing happens")
    }

    pub(super) fn all(&self) -> Vec<String> {
        self.0.try_iter().collect()
    }

    /// Waits for one that begins with `start`.
    pub(super) fn wait_for(&self, start: &str) -> String {
        loop {
            let event = self.next();
            if event.starts_with(start) {
                return event;
            }
        }
    }
}

impl<S> Watched<S> {
    fn tell(&self, event: impl Into<String>) {
        // A test may have seen enough and be gone.
        let _ = self.told.lock().unwrap().send(event.into());
    }
}

impl<S: BaseServer> BaseServer for Watched<S> {
    type Socket = S::Socket;

    fn state(&self) -> &ServerState<S::Socket> {
        self.server.state()
    }

    fn service_actions(&self) {
        self.tell("service_actions");
        self.server.service_actions();
    }

    fn handle_timeout(&self) {
        self.tell("handle_timeout");
        self.server.handle_timeout();
    }

    fn get_request(&self) -> std::io::Result<(RequestOf<S>, ClientAddressOf<S>)> {
        self.tell("get_request");
        self.server.get_request()
    }

    fn verify_request(&self, request: &RequestOf<S>, client_address: &ClientAddressOf<S>) -> bool {
        self.tell("verify_request");
        self.verified && self.server.verify_request(request, client_address)
    }

    fn finish_request(
        &self,
        request: &mut RequestOf<S>,
        client_address: &ClientAddressOf<S>,
    ) -> Result<()> {
        self.tell("finish_request");
        self.server.finish_request(request, client_address)
    }

    fn shutdown_request(&self, request: RequestOf<S>) {
        self.tell("shutdown_request");
        S::Socket::shutdown_request(&request);
        self.close_request(request);
    }

    fn close_request(&self, request: RequestOf<S>) {
        self.tell("close_request");
        self.server.close_request(request);
    }

    fn handle_error(&self, _client_address: &ClientAddressOf<S>, error: &Error) {
        self.tell(format!("handle_error: {error:#}"));
    }
}
