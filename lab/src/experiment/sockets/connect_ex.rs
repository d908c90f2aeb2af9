//! `connect_ex`: an error code in place of an exception.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use socket2::{Domain, Socket, Type};

use crate::experiment::observation::Failure;
use crate::experiment::report::{Steps, Verdict};
use crate::experiment::{Experiment, interpreter};
use crate::host::sockets;

/// The same result, returned or raised; in Rust there is but one way.
pub struct ConnectEx;

/// What `connect_ex` returns: 0, or `errno`.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// To a listener.
    pub to_a_listener: i32,
    /// To a port where nobody listens.
    pub to_nobody: i32,
    /// The same as the `Result` that `connect` returns.
    pub to_nobody_as_result: Option<Failure>,
    /// Twice on one socket.
    pub twice: i32,
    /// What Python's own `connect_ex` returns, to that nobody.
    pub python_returned: i32,
    /// What its `connect` raises there.
    pub python_raised: String,
    /// The `errno` of that exception.
    pub python_errno: i32,
    /// Without blocking, to a port where nobody listens: the answer is not in yet.
    pub without_blocking: i32,
    /// `SO_ERROR` of that socket afterwards: how it ended.
    pub so_error: Option<Failure>,
}

const SCRIPT: &str = "
import json, socket, sys
nobody = ('127.0.0.1', int(sys.argv[1]))
returned = socket.socket().connect_ex(nobody)
try:
    socket.socket().connect(nobody); raised, errno = 'nothing', 0
except OSError as error:
    raised, errno = type(error).__name__, error.errno
print(json.dumps({'returned': returned, 'raised': raised, 'errno': errno}))
";

#[derive(Deserialize)]
struct Python {
    returned: i32,
    raised: String,
    errno: i32,
}

impl Experiment for ConnectEx {
    const NAME: &'static str = "connect-ex";
    const CLAIM: &'static str = "connect_ex returns an error code where connect raises";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let nobody = TcpListener::bind("127.0.0.1:0")?.local_addr()?;

        log.step("connect_ex to a listener, and once more on the same socket");
        let socket = tcp_socket()?;
        let to_a_listener = connect_ex(&socket, listener.local_addr()?);
        let twice = connect_ex(&socket, listener.local_addr()?);

        log.step("connect_ex to a port where nobody listens; connect");
        let to_nobody = connect_ex(&tcp_socket()?, nobody);
        let to_nobody_as_result = Failure::of(&tcp_socket()?.connect(&nobody.into()));

        log.step("Python's own connect_ex there, and its connect");
        let python: Python = interpreter::ask(SCRIPT, &[&nobody.port().to_string()])?;

        log.step("connect_ex there without blocking, then getsockopt(SO_ERROR)");
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        let without_blocking = connect_ex(&socket, nobody);
        let mut so_error = None;
        sockets::wait_until("the answer is in", || {
            so_error = socket.take_error()?.as_ref().map(Failure::from);
            Ok(so_error.is_some())
        })?;

        Ok(Seen {
            to_a_listener,
            to_nobody,
            to_nobody_as_result,
            twice,
            python_returned: python.returned,
            python_raised: python.raised,
            python_errno: python.errno,
            without_blocking,
            so_error,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        let same = seen.to_nobody_as_result.and_then(|failure| failure.code);
        Verdict::decide(
            seen.to_a_listener == 0
                && same == Some(seen.to_nobody)
                && seen.python_returned != 0
                && seen.python_returned == seen.python_errno,
            "0 is success, anything else the errno that the exception would carry; Rust's Result \
             is both at once, a value that can't be overlooked",
            "code and error differ",
        )
    }
}

fn tcp_socket() -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    Ok(socket)
}

/// What Python's `connect_ex` does with the result of the system call.
fn connect_ex(socket: &Socket, address: SocketAddr) -> i32 {
    match socket.connect(&address.into()) {
        Ok(()) => 0,
        Err(error) => error.raw_os_error().unwrap_or(-1),
    }
}
