//! `setsockopt` and `getsockopt`: does one return what the other set?

use std::net::TcpListener;

use anyhow::Result;
use serde::Serialize;
use socket2::{SockRef, Type};

use crate::experiment::Experiment;
use crate::experiment::report::{Steps, Verdict};

/// Not always: the system may round, double or refuse a value.
pub struct SocketOptions;

/// An option before and after it was set.
#[derive(Debug, Serialize)]
pub struct Setting {
    /// Its name.
    pub option: &'static str,
    /// What `getsockopt` returned for a new socket.
    pub before: usize,
    /// What `setsockopt` was given.
    pub set: usize,
    /// What `getsockopt` returned then.
    pub after: usize,
}

/// Some options.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// In the order in which they were set.
    pub settings: Vec<Setting>,
    /// `SO_TYPE` says that the socket is a stream; it can only be read.
    pub so_type_is_stream: bool,
}

impl Experiment for SocketOptions {
    const NAME: &'static str = "socket-options";
    const CLAIM: &'static str = "setsockopt sets an option of a socket, getsockopt returns it";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let socket = SockRef::from(&listener);

        let mut settings = Vec::new();

        log.step("TCP_NODELAY, a switch: read, set and read it again");
        let before = socket.tcp_nodelay()?;
        socket.set_tcp_nodelay(true)?;
        settings.push(Setting {
            option: "TCP_NODELAY",
            before: before.into(),
            set: 1,
            after: socket.tcp_nodelay()?.into(),
        });

        log.step("SO_RCVBUF, a number of bytes: the same, with 50,000 and with 1");
        for bytes in [50_000, 1] {
            let before = socket.recv_buffer_size()?;
            socket.set_recv_buffer_size(bytes)?;
            settings.push(Setting {
                option: "SO_RCVBUF",
                before,
                set: bytes,
                after: socket.recv_buffer_size()?,
            });
        }

        log.step("read SO_TYPE");
        Ok(Seen {
            settings,
            so_type_is_stream: socket.r#type()? == Type::STREAM,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.settings
                .iter()
                .all(|setting| setting.set == setting.after),
            "each option returned what it was set to",
            "switches do; a buffer's size is a wish. Linux doubles it, for its own book-keeping, \
             and keeps it between a least and a most (net.core.rmem_max)",
        )
    }
}
