//! The bare system calls that the programs are measured against: what a server or client of the
//! lessons cannot do without, and nothing else.
//!
//! They run as processes of their own (`cargo lab bare …`, not shown in the help), so that their
//! processor time and memory are counted like those of the programs. Whatever fails ends them: the
//! harness that started them tells.

use std::io::{self, IoSliceMut, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::thread;

use anyhow::{Context, Result};
use common::header;
use nix::sys::socket::sockopt::ReceiveTimestampns;
use nix::sys::socket::{MsgFlags, SockaddrIn, recvmsg, setsockopt};
use rustix::fs::sendfile;
use serde_json::json;
use socket2::{Domain, Socket, Type};

/// As many connections may wait as the system allows.
const BACKLOG: i32 = 4096;

/// How much is received at a time where a file goes over the wire, in bytes.
const BLOCK: usize = 256 * 1024;

/// Which reference to run.
#[derive(clap::Subcommand, Debug)]
pub enum Bare {
    /// recvfrom, write, sendto
    Udp(Exchange),
    /// recvmsg with the time of arrival, sendto, write
    UdpStamped(Exchange),
    /// recvfrom, write, sendto, each datagram in a thread
    UdpThreads(Exchange),
    /// accept; recv, write, send
    Tcp(Exchange),
    /// The same, each connection in a thread
    TcpThreads(Exchange),
    /// The same with frames, each received and sent in one piece
    Framed(Exchange),
    /// The lesson's way: a frame is three writes, and Nagle's algorithm is on
    FramedInThree(Exchange),
    /// The client of `framed`: send, recv, write, again and again
    FramedClient {
        /// The server's port.
        #[arg(long)]
        port: u16,
        /// How many frames to send.
        #[arg(long)]
        count: usize,
        /// The text in each.
        #[arg(long)]
        message: String,
        /// The line that is printed for each answer.
        #[arg(long)]
        line: String,
    },
    /// Sends a file to whoever connects: sendfile, each connection in a thread
    SendFile {
        /// The file.
        file: PathBuf,
    },
    /// Stores what the first to connect sends, and answers with one byte
    StoreFile {
        /// The file.
        file: PathBuf,
    },
    /// Shows a prompt and waits for a line
    Prompt,
}

/// What an exchange prints and answers.
#[derive(clap::Args, Clone, Debug)]
pub struct Exchange {
    /// The line that is printed for each message
    #[arg(long)]
    line: String,
    /// The answer
    #[arg(long)]
    answer: String,
}

/// Runs a reference until it is ended from outside.
pub fn run(bare: &Bare) -> Result<()> {
    match bare {
        Bare::Udp(exchange) => udp(exchange),
        Bare::UdpStamped(exchange) => udp_stamped(exchange),
        Bare::UdpThreads(exchange) => udp_in_threads(exchange),
        Bare::Tcp(exchange) => {
            let exchange = Printed::from(exchange);
            let answer = exchange.answer.clone();
            one_after_another(|stream| echo(stream, &exchange.line, &answer))
        }
        Bare::TcpThreads(exchange) => {
            let exchange = Printed::from(exchange);
            in_threads(move |stream| echo(stream, &exchange.line, &exchange.answer))
        }
        Bare::Framed(exchange) => {
            let Printed { line, answer } = Printed::from(exchange);
            let answer = frame(&answer)?;
            in_threads(move |stream| echo(stream, &line, &answer))
        }
        Bare::FramedInThree(exchange) => {
            let Printed { line, answer } = Printed::from(exchange);
            let frame = frame(&answer)?;
            in_threads(move |stream| {
                stream.set_nodelay(false)?;
                loop {
                    if receive_frame(stream, frame.len())? == 0 {
                        return Ok(());
                    }
                    print(&line)?;
                    send_in_three(stream, &frame, answer.len())?;
                }
            })
        }
        Bare::FramedClient {
            port,
            count,
            message,
            line,
        } => {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, *port))?;
            let frame = frame(message.as_bytes())?;
            let line = format!("{line}\n");
            for _ in 0..*count {
                stream.write_all(&frame)?;
                receive_frame(&stream, frame.len())?;
                print(line.as_bytes())?;
            }
            Ok(())
        }
        Bare::SendFile { file } => {
            let file = file.clone();
            in_threads(move |stream| send_file(stream, &file))
        }
        Bare::StoreFile { file } => one_after_another(|mut stream| {
            receive_into(stream, file)?;
            stream.write_all(b"!")
        }),
        Bare::Prompt => {
            print(">>>".as_bytes())?;
            io::stdin().read_line(&mut String::new())?;
            Ok(())
        }
    }
}

/// The bytes that an exchange prints and sends.
struct Printed {
    line: Vec<u8>,
    answer: Vec<u8>,
}

impl From<&Exchange> for Printed {
    fn from(exchange: &Exchange) -> Self {
        Self {
            line: format!("{}\n", exchange.line).into_bytes(),
            answer: exchange.answer.clone().into_bytes(),
        }
    }
}

/// The system call, without the buffer that the standard library puts before it.
fn print(line: &[u8]) -> io::Result<()> {
    rustix::io::write(io::stdout(), line)?;
    Ok(())
}

fn udp(exchange: &Exchange) -> Result<()> {
    let Printed { line, answer } = Printed::from(exchange);
    let socket = bind_udp()?;
    let mut buffer = vec![0; 65_535];
    loop {
        let (_, peer) = socket.recv_from(&mut buffer)?;
        print(&line)?;
        socket.send_to(&answer, peer)?;
    }
}

fn udp_stamped(exchange: &Exchange) -> Result<()> {
    let Printed { line, answer } = Printed::from(exchange);
    let socket = bind_udp()?;
    setsockopt(&socket, ReceiveTimestampns, &true)?;
    let mut buffer = vec![0; 65_535];
    let mut control = nix::cmsg_space!(nix::sys::time::TimeSpec);
    loop {
        let peer = recvmsg::<SockaddrIn>(
            socket.as_raw_fd(),
            &mut [IoSliceMut::new(&mut buffer)],
            Some(&mut control),
            MsgFlags::empty(),
        )?
        .address
        .context("a sender without an address")?;
        socket.send_to(&answer, SocketAddrV4::from(peer))?;
        print(&line)?;
    }
}

fn udp_in_threads(exchange: &Exchange) -> Result<()> {
    let socket = std::sync::Arc::new(bind_udp()?);
    let exchange = std::sync::Arc::new(Printed::from(exchange));
    let mut buffer = vec![0; 65_535];
    loop {
        let (_, peer) = socket.recv_from(&mut buffer)?;
        let (socket, exchange) = (socket.clone(), exchange.clone());
        // Nobody waits for it; an answer that cannot be sent is one that the harness misses.
        let _ = thread::spawn(move || {
            print(&exchange.line)?;
            socket.send_to(&exchange.answer, peer)
        });
    }
}

fn bind_udp() -> Result<UdpSocket> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    common::net::ready("udp", socket.local_addr()?);
    Ok(socket)
}

fn listen() -> Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    socket.set_tcp_nodelay(true)?;
    socket.listen(BACKLOG)?;
    let listener = TcpListener::from(socket);
    common::net::ready("tcp", listener.local_addr()?);
    Ok(listener)
}

fn one_after_another(conversation: impl Fn(&TcpStream) -> io::Result<()>) -> Result<()> {
    let listener = listen()?;
    loop {
        let (stream, _) = listener.accept()?;
        conversation(&stream)?;
    }
}

fn in_threads(
    conversation: impl Fn(&TcpStream) -> io::Result<()> + Clone + Send + 'static,
) -> Result<()> {
    let listener = listen()?;
    loop {
        let (stream, _) = listener.accept()?;
        let conversation = conversation.clone();
        thread::Builder::new().spawn(move || conversation(&stream))?;
    }
}

fn echo(mut stream: &TcpStream, line: &[u8], answer: &[u8]) -> io::Result<()> {
    let mut buffer = [0; 1024];
    while stream.read(&mut buffer)? > 0 {
        print(line)?;
        stream.write_all(answer)?;
    }
    Ok(())
}

/// Header, JSON header and body of the framed echo.
pub fn frame(body: &[u8]) -> Result<Vec<u8>> {
    let size = json!({ "data_size": body.len() });
    header::pack_json(&size, body).context("a frame that cannot be packed")
}

/// Receives a frame whose length is known. 0 when the peer has closed.
pub(crate) fn receive_frame(mut stream: &TcpStream, length: usize) -> io::Result<usize> {
    let mut buffer = [0; 1024];
    let mut received = 0;
    while received < length {
        match stream.read(&mut buffer)? {
            0 => return Ok(0),
            count => received += count,
        }
    }
    Ok(received)
}

/// Sends a frame as the lesson does: its length, its header, its body.
pub(crate) fn send_in_three(mut stream: &TcpStream, frame: &[u8], body: usize) -> io::Result<()> {
    stream.write_all(&frame[..4])?;
    stream.write_all(&frame[4..frame.len() - body])?;
    stream.write_all(&frame[frame.len() - body..])
}

/// Sends a whole file.
pub(crate) fn send_file(stream: &TcpStream, file: &std::path::Path) -> io::Result<()> {
    let file = std::fs::File::open(file)?;
    let mut left = file.metadata()?.len();
    while left > 0 {
        let step = usize::try_from(left).unwrap_or(usize::MAX);
        match sendfile(stream, &file, None, step)? {
            0 => break,
            count => left -= count as u64,
        }
    }
    Ok(())
}

/// Stores what arrives until the peer closes.
pub fn receive_into(mut stream: &TcpStream, file: &std::path::Path) -> io::Result<()> {
    let mut file = std::fs::File::create(file)?;
    let mut buffer = vec![0; BLOCK];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            count => file.write_all(&buffer[..count])?,
        }
    }
}
