//! Values that experiments see and that print the same as text and as JSON.

use std::fmt;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use common::notation;
use serde::{Serialize, Serializer};

/// Bytes, shown as Python shows them: `b'hello\n'`.
#[derive(Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(&notation::bytes(&self.0))
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An error that the system gave: Rust's kind, and the name and number that Python prints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// Rust's name for it.
    pub kind: io::ErrorKind,
    /// The system's number for it; none for an error that Rust made.
    pub code: Option<i32>,
}

impl Failure {
    /// The error of a call that failed; none if it succeeded.
    pub fn of<T>(result: &io::Result<T>) -> Option<Self> {
        result.as_ref().err().map(Self::from)
    }
}

impl From<&io::Error> for Failure {
    fn from(error: &io::Error) -> Self {
        Self {
            kind: error.kind(),
            code: error.raw_os_error(),
        }
    }
}

/// The names under which `errno.h` and Python's `errno` know the numbers.
#[cfg(target_os = "linux")]
fn name(code: i32) -> Option<&'static str> {
    use rustix::io::Errno;
    let names = [
        (Errno::ACCESS, "EACCES"),
        (Errno::ADDRINUSE, "EADDRINUSE"),
        (Errno::AGAIN, "EAGAIN"),
        (Errno::ALREADY, "EALREADY"),
        (Errno::CONNREFUSED, "ECONNREFUSED"),
        (Errno::CONNRESET, "ECONNRESET"),
        (Errno::DESTADDRREQ, "EDESTADDRREQ"),
        (Errno::INPROGRESS, "EINPROGRESS"),
        (Errno::INVAL, "EINVAL"),
        (Errno::ISCONN, "EISCONN"),
        (Errno::MSGSIZE, "EMSGSIZE"),
        (Errno::NETUNREACH, "ENETUNREACH"),
        (Errno::NOTCONN, "ENOTCONN"),
        (Errno::OPNOTSUPP, "EOPNOTSUPP"),
        (Errno::PERM, "EPERM"),
        (Errno::PIPE, "EPIPE"),
        (Errno::SOCKTNOSUPPORT, "ESOCKTNOSUPPORT"),
        (Errno::TIMEDOUT, "ETIMEDOUT"),
    ];
    names
        .iter()
        .find(|(errno, _)| errno.raw_os_error() == code)
        .map(|(_, name)| *name)
}

/// Other systems number their errors differently; Rust's kind says enough there.
#[cfg(not(target_os = "linux"))]
fn name(_code: i32) -> Option<&'static str> {
    None
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let Some(code) = self.code else {
            return write!(out, "{:?}", self.kind);
        };
        let name = name(code).unwrap_or("os error");
        match format!("{:?}", self.kind).as_str() {
            // Rust has no kind for every error.
            "Uncategorized" => write!(out, "{name} {code}"),
            kind => write!(out, "{kind} ({name} {code})"),
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A duration in milliseconds, to the microsecond.
#[must_use]
pub fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// The middle one of several measurements; zero if there are none.
pub(crate) fn median(mut measured: Vec<Duration>) -> Duration {
    measured.sort_unstable();
    measured
        .get(measured.len() / 2)
        .copied()
        .unwrap_or_default()
}

/// A datagram as `recvfrom` returns it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Datagram {
    /// Its bytes.
    pub data: Bytes,
    /// The address it came from.
    pub from: SocketAddr,
}

impl Datagram {
    /// `recvfrom(size)`: takes the next datagram, or its first `size` bytes.
    pub fn receive(socket: &UdpSocket, size: usize) -> io::Result<Self> {
        let mut buffer = vec![0; size];
        let (length, from) = socket.recv_from(&mut buffer)?;
        buffer.truncate(length);
        Ok(Self {
            data: Bytes(buffer),
            from,
        })
    }
}
