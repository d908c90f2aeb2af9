//! What the system knows about its sockets: states, queues, timers, counters.
//!
//! Linux shows them as text in `/proc/net`; elsewhere these functions return the error
//! "cannot be seen here". They look through the calling thread's eyes, so that a thread
//! inside a network namespace sees that namespace's sockets.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde::{Serialize, Serializer};

use crate::run::pause::Pause;

#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::{counter, port_of, tcp_sockets, udp_sockets};
#[cfg(target_os = "linux")]
pub(crate) use linux::{counter, port_of, tcp_sockets, udp_sockets};

/// The states of a TCP connection (RFC 9293, section 3.3.2), under the names that Linux uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the field's own")]
pub enum State {
    Listen,
    SynSent,
    SynRecv,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
    Closed,
}

impl State {
    /// The name as it is printed: `FIN_WAIT1`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN_SENT",
            Self::SynRecv => "SYN_RECV",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN_WAIT1",
            Self::FinWait2 => "FIN_WAIT2",
            Self::CloseWait => "CLOSE_WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST_ACK",
            Self::TimeWait => "TIME_WAIT",
            Self::Closed => "CLOSED",
        }
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A TCP socket as the system sees it.
#[derive(Clone, Debug)]
pub(crate) struct TcpSocket {
    /// Its own address.
    pub(crate) local: SocketAddr,
    /// Its peer's; port 0 for a listener.
    pub(crate) remote: SocketAddr,
    /// Where in its life it is.
    pub(crate) state: State,
    /// Bytes handed to `send` that the peer has not acknowledged (`SIOCOUTQ`).
    pub(crate) send_queue: u64,
    /// Bytes that `recv` has not fetched (`SIOCINQ`); for a listener, connections that
    /// `accept` has not.
    pub(crate) receive_queue: u64,
    /// How long until its timer fires: a retransmission, or the end of TIME_WAIT.
    pub(crate) timer: Option<Duration>,
    /// How often its oldest segment was sent again.
    pub(crate) retransmissions: u64,
    /// The number of the open file; 0 if no process holds it any more.
    pub(crate) inode: u64,
}

/// A UDP socket as the system sees it.
#[derive(Clone, Debug)]
pub struct UdpSocket {
    /// Its own address.
    pub local: SocketAddr,
    /// Its peer's, if it is connected; port 0 otherwise.
    pub remote: SocketAddr,
    /// Memory that sent datagrams still hold.
    pub send_queue: u64,
    /// Memory that datagrams hold which `recvfrom` has not fetched.
    pub receive_queue: u64,
    /// Datagrams that were thrown away because the receive buffer was full.
    pub drops: u64,
}

/// The processor time that the calling thread has used so far; none where it can't be asked.
pub(crate) fn processor_time() -> Option<Duration> {
    #[cfg(target_os = "linux")]
    {
        use rustix::time::{ClockId, clock_gettime};
        Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).ok()
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// The state of one end of a connection; `Closed` if the system has forgotten it.
pub(crate) fn tcp_state(local: SocketAddr, remote: SocketAddr) -> Result<State> {
    Ok(connection(local, remote)?.map_or(State::Closed, |(state, _)| state))
}

/// How many bytes have come to one end of a connection that `recv` has not fetched; none if the system has forgotten it.
pub(crate) fn unread(local: SocketAddr, remote: SocketAddr) -> Result<u64> {
    Ok(connection(local, remote)?.map_or(0, |(_, unread)| unread))
}

/// The state and the unread bytes of one end of a connection.
fn connection(local: SocketAddr, remote: SocketAddr) -> Result<Option<(State, u64)>> {
    #[cfg(target_os = "linux")]
    if let Ok(found) = super::sock_diag::connection(local, remote) {
        return Ok(found);
    }
    let found = tcp_socket(local, remote)?;
    Ok(found.map(|socket| (socket.state, socket.receive_queue)))
}

/// One end of a connection, if the system still knows it.
pub(crate) fn tcp_socket(local: SocketAddr, remote: SocketAddr) -> Result<Option<TcpSocket>> {
    let mut sockets = tcp_sockets(local.port())?.into_iter();
    Ok(sockets.find(|socket| socket.local == local && socket.remote == remote))
}

/// The listener on `address`.
pub(crate) fn tcp_listener(address: SocketAddr) -> Result<Option<TcpSocket>> {
    let mut sockets = tcp_sockets(address.port())?.into_iter();
    Ok(sockets.find(|socket| socket.local == address && socket.state == State::Listen))
}

/// The UDP socket that is bound to `address`.
pub(crate) fn udp_socket(address: SocketAddr) -> Result<UdpSocket> {
    let mut sockets = udp_sockets(address.port())?.into_iter();
    match sockets.find(|socket| socket.local == address) {
        Some(socket) => Ok(socket),
        None => bail!("the system lists no UDP socket on {address}"),
    }
}

/// Segments with data that the connection from `local` has sent (`tcpi_data_segs_out` of
/// TCP_INFO), as the command `ss` of Debian's iproute2 shows it; none without that command.
pub(crate) fn data_segments_sent(local: SocketAddr) -> Option<u64> {
    let arguments = ["--tcp", "--info", "--numeric", "--no-header", "src"];
    let output = Command::new("ss")
        .args(arguments)
        .arg(local.to_string())
        .output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let (_, rest) = text.split_once("data_segs_out:")?;
    rest.split_whitespace().next()?.parse().ok()
}

/// Waits until one end of a connection is in `state`.
pub(crate) fn wait_for_state(local: SocketAddr, remote: SocketAddr, state: State) -> Result<()> {
    wait_until(&format!("{local} is {state:?}"), || {
        Ok(tcp_state(local, remote)? == state)
    })
}

/// Waits until `bytes` bytes lie in the receive buffer, without taking them (`MSG_PEEK`).
pub(crate) fn wait_for_bytes(stream: &TcpStream, bytes: usize) -> Result<()> {
    let mut buffer = vec![0; bytes];
    wait_until(&format!("{bytes} bytes have arrived"), || {
        Ok(stream.peek(&mut buffer)? == bytes)
    })
}

/// How long what should happen at once may take on a busy machine: less than the minute of a TIME_WAIT.
const LIMIT: Duration = Duration::from_secs(20);

/// Tries again and again until it works, or the limit is over: a busy system forgets a closed socket a moment late.
pub(crate) fn patiently<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let begun = Instant::now();
    let mut pause = Pause::new();
    loop {
        match attempt() {
            Err(_) if begun.elapsed() < LIMIT => pause.wait(),
            result => return result,
        }
    }
}

/// Asks again and again until the system says so; an error after the limit.
pub fn wait_until(what: &str, mut so: impl FnMut() -> Result<bool>) -> Result<()> {
    let begun = Instant::now();
    let mut pause = Pause::new();
    while !so()? {
        if begun.elapsed() > LIMIT {
            bail!("waited {LIMIT:?} in vain until {what}");
        }
        pause.wait();
    }
    Ok(())
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::time::Duration;

    use anyhow::{Context, Result};
    use procfs::FromBufReadSI;
    use procfs::net::{TcpNetEntries, TcpState, UdpNetEntries};
    use procfs::process::{FDTarget, Process};

    use super::{State, TcpSocket, UdpSocket};

    /// The TCP sockets of this network namespace (IPv4) that have this port at one end. A table
    /// that changes while it is read may repeat a socket.
    pub(crate) fn tcp_sockets(port: u16) -> Result<Vec<TcpSocket>> {
        let text = lines_with("tcp", port)?;
        let TcpNetEntries(entries) =
            TcpNetEntries::from_buf_read(text.as_bytes(), procfs::current_system_info())?;
        // procfs leaves out the timer and the retransmissions: columns 5 and 6 of the line.
        let sockets = entries
            .into_iter()
            .zip(text.lines().skip(1))
            .map(|(entry, line)| {
                let columns: Vec<&str> = line.split_whitespace().collect();
                TcpSocket {
                    local: entry.local_address,
                    remote: entry.remote_address,
                    state: State::from(entry.state),
                    send_queue: entry.tx_queue.into(),
                    receive_queue: entry.rx_queue.into(),
                    timer: columns.get(5).and_then(|column| timer(column)),
                    retransmissions: hexadecimal(columns.get(6).copied().unwrap_or_default()),
                    inode: entry.inode,
                }
            });
        Ok(sockets.collect())
    }

    /// The UDP sockets of this network namespace (IPv4) that have this port at one end.
    pub(crate) fn udp_sockets(port: u16) -> Result<Vec<UdpSocket>> {
        let text = lines_with("udp", port)?;
        let UdpNetEntries(entries) =
            UdpNetEntries::from_buf_read(text.as_bytes(), procfs::current_system_info())?;
        // procfs leaves out the drops: the last column.
        let sockets = entries
            .into_iter()
            .zip(text.lines().skip(1))
            .map(|(entry, line)| {
                let drops = line
                    .split_whitespace()
                    .last()
                    .and_then(|drops| drops.parse().ok());
                UdpSocket {
                    local: entry.local_address,
                    remote: entry.remote_address,
                    send_queue: entry.tx_queue.into(),
                    receive_queue: entry.rx_queue.into(),
                    drops: drops.unwrap_or(0),
                }
            });
        Ok(sockets.collect())
    }

    /// The own port of a process's socket (IPv4); none before it has one, and once the process has
    /// ended.
    pub(crate) fn port_of(process: u32) -> Result<Option<u16>> {
        let files = Process::new(process.try_into()?).and_then(|process| process.fd());
        let sockets: Vec<u64> = files
            .into_iter()
            .flatten()
            .filter_map(|file| match file.ok()?.target {
                FDTarget::Socket(inode) => Some(inode),
                _ => None,
            })
            .collect();
        let (tcp, udp) = (table("tcp")?, table("udp")?);
        let system = procfs::current_system_info();
        let TcpNetEntries(tcp) = TcpNetEntries::from_buf_read(tcp.as_bytes(), system)?;
        let UdpNetEntries(udp) = UdpNetEntries::from_buf_read(udp.as_bytes(), system)?;
        let tcp = tcp.iter().map(|entry| (entry.inode, entry.local_address));
        let udp = udp.iter().map(|entry| (entry.inode, entry.local_address));
        let mut ports = tcp
            .chain(udp)
            .filter(|(inode, _)| sockets.contains(inode))
            .map(|(_, address)| address.port());
        Ok(ports.find(|port| *port != 0))
    }

    /// A counter of `/proc/net/snmp` or `/proc/net/netstat`: `counter("Udp", "RcvbufErrors")`.
    /// It counts for the whole network namespace, whoever sends there.
    pub(crate) fn counter(protocol: &str, name: &str) -> Result<u64> {
        // Each protocol has two lines: names, then values.
        let text = table("snmp")? + &table("netstat")?;
        let mut lines = text
            .lines()
            .filter_map(|line| line.strip_prefix(protocol)?.strip_prefix(": "));
        let names = lines.next().unwrap_or_default().split_whitespace();
        let mut pairs = names.zip(lines.next().unwrap_or_default().split_whitespace());
        let (_, value) = pairs
            .find(|(each, _)| *each == name)
            .with_context(|| format!("this kernel does not count {protocol} {name}"))?;
        Ok(value.parse()?)
    }

    /// The header of a table of sockets, and its lines with this port at one end: others may be
    /// there by the thousand.
    fn lines_with(name: &str, port: u16) -> Result<String> {
        let port = format!(":{port:04X} ");
        let text = table(name)?;
        let mut lines = text.split_inclusive('\n');
        let header = lines.next().unwrap_or_default();
        let lines = lines.filter(|line| line.contains(&port));
        Ok(std::iter::once(header).chain(lines).collect())
    }

    fn table(name: &str) -> Result<String> {
        let path = format!("/proc/thread-self/net/{name}");
        fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
    }

    /// The column `03:00001770`: which timer, and how many hundredths of a second it has left.
    fn timer(column: &str) -> Option<Duration> {
        let (kind, left) = column.split_once(':')?;
        (kind != "00").then(|| Duration::from_millis(hexadecimal(left) * 10))
    }

    fn hexadecimal(digits: &str) -> u64 {
        u64::from_str_radix(digits, 16).unwrap_or(0)
    }

    impl From<TcpState> for State {
        fn from(state: TcpState) -> Self {
            match state {
                TcpState::Listen => Self::Listen,
                TcpState::SynSent => Self::SynSent,
                TcpState::SynRecv | TcpState::NewSynRecv => Self::SynRecv,
                TcpState::Established => Self::Established,
                TcpState::FinWait1 => Self::FinWait1,
                TcpState::FinWait2 => Self::FinWait2,
                TcpState::CloseWait => Self::CloseWait,
                TcpState::Closing => Self::Closing,
                TcpState::LastAck => Self::LastAck,
                TcpState::TimeWait => Self::TimeWait,
                TcpState::Close => Self::Closed,
            }
        }
    }
}

/// The same functions on a system that shows nothing.
#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use anyhow::Result;

    use super::cannot_be_seen;
    use super::{TcpSocket, UdpSocket};

    const NEEDS: &str = "it reads the state of sockets from /proc/net, which Linux alone has";

    /// See the version for Linux.
    pub(crate) fn tcp_sockets(_port: u16) -> Result<Vec<TcpSocket>> {
        cannot_be_seen(NEEDS)
    }

    /// See the version for Linux.
    pub(crate) fn udp_sockets(_port: u16) -> Result<Vec<UdpSocket>> {
        cannot_be_seen(NEEDS)
    }

    /// See the version for Linux.
    pub(crate) fn port_of(_process: u32) -> Result<Option<u16>> {
        cannot_be_seen(NEEDS)
    }

    /// See the version for Linux.
    pub(crate) fn counter(_protocol: &str, _name: &str) -> Result<u64> {
        cannot_be_seen(NEEDS)
    }
}
