//! What breaks the lessons, worth seeing: one side of a pair is a peer of our own that misbehaves.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;
use common::console;
use socket2::SockRef;

use crate::pairs::{Part, Session, Side};

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Case {
    /// ftp-simple: the client resets the connection in the middle of a download
    Reset,
    /// socketserver-demo/framed: the client sends a frame in three small writes (Nagle, 40 ms)
    SmallWrites,
    /// echo-udp: the answer never comes
    NoAnswer,
}

/// How large the file is that the client does not want any more, in bytes.
const LARGE: usize = 300_000;

impl Case {
    /// The pair.
    #[must_use]
    pub fn program(self) -> &'static str {
        match self {
            Self::Reset => "ftp-simple",
            Self::SmallWrites => "socketserver-demo/framed",
            Self::NoAnswer => "echo-udp",
        }
    }

    /// The side that is a peer of our own.
    #[must_use]
    pub fn misbehaves(self) -> Side {
        match self {
            Self::Reset | Self::SmallWrites => Side::Client,
            Self::NoAnswer => Side::Server,
        }
    }

    /// What is typed and given.
    #[must_use]
    pub fn session(self) -> Session {
        let mut session = Session::default();
        match self {
            Self::Reset => {
                session.files = vec![("large.bin", vec![7; LARGE])];
                session.server.args = vec!["--dir".to_owned(), "{dir}".to_owned()];
            }
            Self::SmallWrites => {}
            Self::NoAnswer => {
                let words = ["--count", "1", "--timeout", "1"];
                session.client = Part {
                    args: words.map(str::to_owned).to_vec(),
                    ..Part::default()
                };
            }
        }
        session
    }

    /// Is the peer that misbehaves.
    pub fn run(self, port: u16) -> Result<()> {
        match self {
            Self::Reset => {
                let mut stream = TcpStream::connect(("127.0.0.1", port))?;
                // To close then is to reset: what was not sent is thrown away (RFC 9293, section 3.6.1).
                SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
                stream.write_all(b"get large.bin\n")?;
                stream.read_exact(&mut [0; 4])?;
            }
            Self::SmallWrites => {
                let mut stream = TcpStream::connect(("127.0.0.1", port))?;
                let header = br#"{"data_size": 5}"#;
                let length = i32::try_from(header.len())?.to_le_bytes();
                for _ in 0..3 {
                    for part in [&length[..], header, b"hello"] {
                        stream.write_all(part)?;
                    }
                    let mut answer = [0; 4 + 16 + 5];
                    stream.read_exact(&mut answer)?;
                }
            }
            Self::NoAnswer => {
                let socket = UdpSocket::bind(("127.0.0.1", port))?;
                console::log(format_args!("listening on udp {}", socket.local_addr()?));
                let mut datagram = vec![0; 65_536];
                loop {
                    socket.recv_from(&mut datagram)?;
                }
            }
        }
        Ok(())
    }
}
