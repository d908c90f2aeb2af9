//! The load: what the harness sends to a server, and how it waits for the answers.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, SocketAddrV4, TcpStream, UdpSocket};
use std::process::Output;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use common::header;
use ntp::sntp::packet::Packet;
use ntp::sntp::timestamp::Timestamp;
use rustix::event::epoll;
use socket2::{Domain, Socket, Type};

use crate::bench::reference;

/// How long an answer may take. The slowest that was seen waits for retransmitted SYNs.
const PATIENCE: Duration = Duration::from_secs(15);

/// How much is received at a time where a file goes over the wire, in bytes.
const BLOCK: usize = 256 * 1024;

/// The last line that a client has said on stderr.
pub(super) fn last_words(client: &Output) -> String {
    let said = String::from_utf8_lossy(&client.stderr);
    let last = said.lines().last().unwrap_or("no error was shown");
    last.to_owned()
}

/// Sends the same datagram again and again, and waits for each answer.
pub fn datagrams(server: SocketAddr, message: &[u8], count: usize) -> Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut answer = [0; 1024];
    for _ in 0..count {
        socket.send(message)?;
        let size = socket.recv(&mut answer).context("no answer")?;
        ensure!(size > 0, "an empty answer");
    }
    Ok(())
}

/// Sends a question of SNTP again and again, and waits for each answer. The message is the question, so `_message` is not
/// sent.
pub fn questions(server: SocketAddr, _message: &[u8], count: usize) -> Result<()> {
    datagrams(server, &Packet::question(Timestamp(7)).pack(), count)
}

/// Sends the same message again and again on one connection, and waits for each echo.
pub fn messages(server: SocketAddr, message: &[u8], count: usize) -> Result<()> {
    let mut stream = connect(server)?;
    let mut echo = vec![0; message.len()];
    for _ in 0..count {
        stream.write_all(message)?;
        stream.read_exact(&mut echo).context("no echo")?;
    }
    Ok(())
}

/// Sends the same frame again and again, each in one piece, and waits for each answer, a frame of
/// the same length.
pub fn frames(server: SocketAddr, body: &[u8], count: usize) -> Result<()> {
    let mut stream = connect(server)?;
    let frame = reference::frame(body)?;
    for _ in 0..count {
        stream.write_all(&frame)?;
        let received = reference::receive_frame(&stream, frame.len()).context("no answer")?;
        ensure!(received == frame.len(), "the server hung up");
    }
    Ok(())
}

/// As [`frames`], but sends each as the lesson does, in three writes with Nagle's algorithm on.
pub fn frames_in_three(server: SocketAddr, body: &[u8], count: usize) -> Result<()> {
    let stream = connect(server)?;
    stream.set_nodelay(false)?;
    let frame = reference::frame(body)?;
    for _ in 0..count {
        reference::send_in_three(&stream, &frame, body.len())?;
        let received = reference::receive_frame(&stream, frame.len()).context("no answer")?;
        ensure!(received == frame.len(), "the server hung up");
    }
    Ok(())
}

fn connect(server: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(server)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Connections that are open at once.
pub struct Crowd {
    /// All of them; dropped, they are closed.
    pub connections: Vec<TcpStream>,
    /// How long it took to open them and to have each answered.
    pub duration: Duration,
    /// Why there are not more, if there should be.
    pub failure: Option<String>,
}

/// Opens `count` connections, one after another, and has each answered; none is closed.
#[must_use]
pub fn crowd(server: SocketAddr, message: &[u8], count: usize) -> Crowd {
    let source = fresh_source();
    let started = Instant::now();
    let mut connections = Vec::with_capacity(count);
    let mut failure = None;
    let join = || -> Result<TcpStream> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&source.into())?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.connect_timeout(&server.into(), PATIENCE)?;
        let mut stream = TcpStream::from(socket);
        stream.write_all(message)?;
        stream.read_exact(&mut vec![0; message.len()])?;
        Ok(stream)
    };
    while connections.len() < count {
        match join() {
            Ok(connection) => connections.push(connection),
            Err(error) => {
                failure = Some(format!("connection {}: {error:#}", connections.len() + 1));
                break;
            }
        }
    }
    Crowd {
        connections,
        duration: started.elapsed(),
        failure,
    }
}

/// A client address of the loopback network that no earlier crowd had: the ports of those may
/// still be in TIME_WAIT.
fn fresh_source() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(1);
    let [high, low] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::new(127, 1, high, low), 0))
}

/// What `count` clients saw who connected at the same moment.
pub struct Storm {
    /// How long each that was answered waited for the answer, from its connect on.
    pub answered: Vec<Duration>,
    /// How many were not answered, or refused.
    pub lost: usize,
}

/// Lets `count` clients connect at the same moment, send a message and wait for the echo.
pub fn storm(server: SocketAddr, message: &[u8], count: usize) -> Result<Storm> {
    let source = fresh_source();
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let mut sockets = Vec::with_capacity(count);
    for _ in 0..count {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&source.into())?;
        socket.set_nonblocking(true)?;
        sockets.push(socket);
    }
    let mut clients = BTreeMap::new();
    for (number, socket) in (0..).zip(sockets) {
        let started = Instant::now();
        let connected = socket.connect(&server.into());
        if connected.is_ok() || is_in_progress(&connected) {
            let data = epoll::EventData::new_u64(number);
            epoll::add(&poll, &socket, data, epoll::EventFlags::OUT)?;
            clients.insert(number, (socket, started));
        }
    }
    let mut answered = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    let mut events = Vec::with_capacity(256);
    while !clients.is_empty() && Instant::now() < deadline {
        events.clear();
        let limit = rustix::event::Timespec {
            tv_sec: 0,
            tv_nsec: 100_000_000,
        };
        epoll::wait(
            &poll,
            rustix::buffer::spare_capacity(&mut events),
            Some(&limit),
        )?;
        for event in &events {
            let (number, flags) = (event.data.u64(), event.flags);
            let Some((socket, started)) = clients.get_mut(&number) else {
                continue;
            };
            let done = if flags.contains(epoll::EventFlags::OUT) {
                let data = epoll::EventData::new_u64(number);
                let sent = socket.send(message);
                epoll::modify(&poll, &*socket, data, epoll::EventFlags::IN)?;
                sent.is_err()
            } else {
                true
            };
            if done {
                let read = (&*socket).read(&mut [0; 1024]);
                if matches!(read, Ok(1..)) {
                    answered.push(started.elapsed());
                }
                clients.remove(&number);
            }
        }
    }
    Ok(Storm {
        lost: count - answered.len(),
        answered,
    })
}

/// A connection whose handshake is under way.
fn is_in_progress(connected: &io::Result<()>) -> bool {
    let error = connected.as_ref().err();
    error.and_then(rustix::io::Errno::from_io_error) == Some(rustix::io::Errno::INPROGRESS)
}

/// What a download client of ftp-simple reads, without hashing or storing it: command, header, body.
pub fn download(server: SocketAddr, name: &str) -> Result<u64> {
    let mut stream = connect(server)?;
    stream.write_all(format!("get {name}\n").as_bytes())?;
    let fields = header::read_json(&mut stream)?.context("the server hung up")?;
    let size = header::size(&fields, "filesize")?;
    let received = discard(&mut stream.take(size))?;
    ensure!(received == size, "{received} of {size} bytes came");
    Ok(received)
}

/// Reads a connection to its end, for the bare reference.
pub fn bare_download(server: SocketAddr) -> Result<u64> {
    Ok(discard(&mut connect(server)?)?)
}

/// Sends a file over a connection and waits for the one byte that says it is stored.
pub fn bare_upload(server: SocketAddr, file: &std::path::Path) -> Result<()> {
    let mut stream = TcpStream::connect(server)?;
    reference::send_file(&stream, file)?;
    stream.shutdown(Shutdown::Write)?;
    stream.read_exact(&mut [0]).context("no acknowledgement")
}

fn discard(stream: &mut impl Read) -> io::Result<u64> {
    let mut buffer = vec![0; BLOCK];
    let mut total = 0;
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(total),
            count => total += count as u64,
        }
    }
}
