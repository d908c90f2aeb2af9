//! `setsockopt` and `getsockopt`: does one return what the other set?

use std::net::TcpListener;

use anyhow::Result;
use serde::Serialize;
use socket2::{SockRef, Socket, Type};

use super::Experiment;
use super::report::{Steps, Verdict};

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

        log.step("read, set and read again: TCP_NODELAY, SO_RCVBUF, SO_SNDBUF");
        let mut settings = Vec::new();
        let mut try_option = |option, set: usize, get: &dyn Fn(&Socket) -> std::io::Result<usize>,
                              put: &dyn Fn(&Socket, usize) -> std::io::Result<()>| {
            let before = get(&socket)?;
            put(&socket, set)?;
            let after = get(&socket)?;
            settings.push(Setting { option, before, set, after });
            anyhow::Ok(())
        };
        try_option(
            "TCP_NODELAY",
            1,
            &|socket| socket.tcp_nodelay().map(usize::from),
            &|socket, value| socket.set_tcp_nodelay(value != 0),
        )?;
        try_option("SO_RCVBUF", 50_000, &Socket::recv_buffer_size, &Socket::set_recv_buffer_size)?;
        try_option("SO_RCVBUF", 1, &Socket::recv_buffer_size, &Socket::set_recv_buffer_size)?;
        try_option("SO_SNDBUF", 50_000, &Socket::send_buffer_size, &Socket::set_send_buffer_size)?;

        log.step("read SO_TYPE");
        Ok(Seen {
            settings,
            so_type_is_stream: socket.r#type()? == Type::STREAM,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.settings.iter().all(|setting| setting.set == setting.after),
            "each option returned what it was set to",
            "switches do; a buffer's size is a wish. Linux doubles it, for its own book-keeping, \
             and keeps it between a least and a most (net.core.rmem_max)",
        )
    }
}
