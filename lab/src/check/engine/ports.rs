//! Ports: which are free, and where somebody listens.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::check::engine::trial::{Result, Stop};
#[cfg(target_os = "linux")]
use crate::host::sock_diag;
use crate::pairs::Transport;
use crate::run::interrupt::running;

/// How long a fixed port is waited for. A server without SO_REUSEADDR leaves it in TIME_WAIT, for
/// a minute on Linux.
const PATIENCE: Duration = Duration::from_secs(70);

/// Where free ports are looked for: below those that systems give to clients, of which some checks
/// need thousands.
const FREE: Range<u16> = 20_000..32_000;

/// A free port that no other checker of this machine is given while this lives. Its number is taken for it under the
/// other transport, which the program has no use for: between the choice of a port and the program's `bind`, that is
/// what keeps another checker's program away.
#[derive(Debug)]
pub(crate) struct Reserved {
    pub(crate) number: u16,
    _other_transport: Socket,
}

/// Reserves a port that is free now, and that this process has not given away before.
pub(crate) fn reserve(transport: Transport) -> Result<Reserved> {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let span = u32::from(FREE.end - FREE.start);
    // Another checker on this machine begins elsewhere.
    let begin = std::process::id().wrapping_mul(997);
    for _ in 0..span {
        let tried = TRIED.fetch_add(1, Ordering::Relaxed);
        let offset = begin.wrapping_add(tried) % span;
        let number = FREE.start + u16::try_from(offset).unwrap_or_default();
        let Ok(other) = bind(transport.other(), number) else {
            continue;
        };
        if can_be_bound(transport, number) {
            return Ok(Reserved {
                number,
                _other_transport: other,
            });
        }
    }
    Err(Stop::NotJudged("no free port on this machine".to_owned()))
}

/// Waits until a lesson's own port can be had, and tells how long that took.
pub(crate) fn wait_for(transport: Transport, port: u16) -> Result<Duration> {
    let begun = Instant::now();
    while !can_be_bound(transport, port) {
        if !wait_until_left(transport, port) || begun.elapsed() > PATIENCE {
            return Err(Stop::NotJudged(format!(
                "{} port {port} is in use: stop the program that has it, or give the command a {{port}}",
                transport.name()
            )));
        }
        // In TIME_WAIT.
        thread::sleep(Duration::from_millis(100));
    }
    Ok(begun.elapsed())
}

/// Waits until nobody listens on the port, and tells whether that came: a program that was just killed keeps it for a
/// moment.
pub(crate) fn wait_until_left(transport: Transport, port: u16) -> bool {
    const MOMENT: Duration = Duration::from_secs(2);
    let begun = Instant::now();
    while is_taken(transport, port) {
        if begun.elapsed() > MOMENT {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
    true
}

/// Whether some program listens on the port. The system's list of sockets says it; a trial
/// connection would say it too, and would be a server's first client.
pub(crate) fn is_taken(transport: Transport, port: u16) -> bool {
    #[cfg(target_os = "linux")]
    let listed = listed(transport, port);
    #[cfg(not(target_os = "linux"))]
    let listed = None;
    // Where there is no such list, a port that cannot be had is taken.
    listed.unwrap_or_else(|| !can_be_bound(transport, port))
}

/// Where the processes of a group listen: `tcp 127.0.0.1:8080`. Nowhere, if the system does not tell.
#[cfg(target_os = "linux")]
pub(crate) fn of_group(group: u32) -> Vec<String> {
    use std::collections::HashSet;

    use procfs::net::{TcpState, tcp, tcp6, udp, udp6};
    use procfs::process::FDTarget;

    use crate::run::descendants::processes_of;

    let inode = |target| match target {
        FDTarget::Socket(inode) => Some(inode),
        _ => None,
    };
    let own: HashSet<u64> = processes_of(group)
        .iter()
        .filter_map(|process| process.fd().ok())
        .flatten()
        .filter_map(|file| inode(file.ok()?.target))
        .collect();
    // A system may lack IPv6.
    let tcp = [tcp(), tcp6()].into_iter().flatten().flatten();
    let udp = [udp(), udp6()].into_iter().flatten().flatten();
    let listeners = tcp
        .filter(|socket| socket.state == TcpState::Listen && own.contains(&socket.inode))
        .map(|socket| format!("tcp {}", socket.local_address));
    let receivers = udp
        .filter(|socket| socket.remote_address.port() == 0 && own.contains(&socket.inode))
        .map(|socket| format!("udp {}", socket.local_address));
    listeners.chain(receivers).collect()
}

/// See the version for Linux.
#[cfg(not(target_os = "linux"))]
pub(crate) fn of_group(_group: u32) -> Vec<String> {
    Vec::new()
}

/// Whether anybody listens at `address`. On this machine the system's list of sockets says it. What
/// is not listed is asked: a container's server is behind another system's sockets.
///
/// # Errors
///
/// When a connection fails, or a datagram is refused. A datagram that is lost tells nothing.
pub(crate) fn find_listener(transport: Transport, address: SocketAddr) -> io::Result<()> {
    const LIMIT: Duration = Duration::from_secs(5);
    const REFUSAL: Duration = Duration::from_millis(200);
    if address.ip().is_loopback() && is_taken(transport, address.port()) {
        return Ok(());
    }
    match transport {
        Transport::Tcp => TcpStream::connect_timeout(&address, LIMIT).map(drop),
        Transport::Udp => {
            let socket = UdpSocket::bind((unspecified(address), 0))?;
            socket.connect(address)?;
            socket.send(b"")?;
            socket.set_read_timeout(Some(REFUSAL))?;
            match socket.recv(&mut [0; 1]) {
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Err(error),
                _ => Ok(()),
            }
        }
    }
}

/// The address of `peer`'s family that leaves the choice to the system.
pub(crate) fn unspecified(peer: SocketAddr) -> IpAddr {
    match peer {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

/// What the system lists: `None` where it does not tell.
#[cfg(target_os = "linux")]
fn listed(transport: Transport, port: u16) -> Option<bool> {
    match transport {
        Transport::Tcp => sock_diag::listens(port)
            .ok()
            .or_else(|| in_tables(transport, port)),
        Transport::Udp => in_tables(transport, port),
    }
}

/// The same, from the tables in `/proc/net`. A system may lack that of IPv6.
#[cfg(target_os = "linux")]
fn in_tables(transport: Transport, port: u16) -> Option<bool> {
    use procfs::net::{TcpState, tcp, tcp6, udp, udp6};

    match transport {
        Transport::Tcp => any([tcp(), tcp6()], |socket| {
            socket.state == TcpState::Listen && socket.local_address.port() == port
        }),
        Transport::Udp => any([udp(), udp6()], |socket| {
            socket.local_address.port() == port
        }),
    }
}

/// Whether any entry is such a one; `None` where there is no table.
#[cfg(target_os = "linux")]
fn any<T>(tables: [procfs::ProcResult<Vec<T>>; 2], is_it: impl Fn(&T) -> bool) -> Option<bool> {
    let looked_at = tables.into_iter().flatten();
    looked_at
        .map(|table| table.iter().any(&is_it))
        .reduce(|one, other| one || other)
}

/// Whether a program without SO_REUSEADDR would get the port.
fn can_be_bound(transport: Transport, port: u16) -> bool {
    // A program that another thread starts meanwhile would have this socket too, until its `exec`.
    let _none_starts = running();
    bind(transport, port).is_ok()
}

/// Takes the port without SO_REUSEADDR. A TCP socket does not listen.
fn bind(transport: Transport, port: u16) -> io::Result<Socket> {
    let kind = match transport {
        Transport::Tcp => Type::STREAM,
        Transport::Udp => Type::DGRAM,
    };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let socket = Socket::new(Domain::IPV4, kind, None)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::host::sockets::wait_until;

    #[test]
    fn a_reserved_port_is_free_for_the_program_and_for_no_other_checker() {
        for transport in [Transport::Tcp, Transport::Udp] {
            let reserved = reserve(transport).unwrap();
            assert!(can_be_bound(transport, reserved.number));
            assert!(!is_taken(transport, reserved.number));
            // What another checker does first with the same number.
            let again = bind(transport.other(), reserved.number);
            assert_eq!(again.unwrap_err().kind(), io::ErrorKind::AddrInUse);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_starts_meanwhile_keeps_no_reserved_port() {
        use crate::run::process::{PATIENCE, Process};
        use std::process::Command;

        thread::scope(|scope| {
            let starting = scope.spawn(|| {
                for _ in 0..100 {
                    let mut program = Process::start(&mut Command::new("true")).unwrap();
                    program.wait(PATIENCE).unwrap();
                }
            });
            while !starting.is_finished() {
                let reserved = reserve(Transport::Udp).unwrap();
                bind(Transport::Udp, reserved.number).unwrap();
            }
        });
    }

    #[test]
    fn a_lessons_port_is_given_up_when_its_program_stays() {
        let going = TcpListener::bind("127.0.0.1:0").unwrap();
        let staying = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        let (left, taken) = (port(&going), port(&staying));
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            drop(going);
        });
        wait_for(Transport::Tcp, left).unwrap();
        assert!(matches!(
            wait_for(Transport::Tcp, taken),
            Err(Stop::NotJudged(_))
        ));
    }

    #[test]
    fn a_port_is_taken_once_somebody_listens() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (tcp, udp) = (listener.local_addr().unwrap(), socket.local_addr().unwrap());
        assert!(is_taken(Transport::Tcp, tcp.port()));
        assert!(is_taken(Transport::Udp, udp.port()));
        drop((listener, socket));
        // What another test starts has them too, until its `exec`.
        for (transport, address) in [(Transport::Tcp, tcp), (Transport::Udp, udp)] {
            wait_until("the port is free", || {
                Ok(!is_taken(transport, address.port()))
            })
            .unwrap();
        }
    }

    /// Not every system answers sock_diag: then the table does.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_tables_tell_what_the_system_answers() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(in_tables(Transport::Tcp, port), Some(true));
        assert!(sock_diag::listens(port).unwrap());
        drop(listener);
        // What another test starts has it too, until its `exec`.
        wait_until("it is not listed", || {
            Ok(in_tables(Transport::Tcp, port) == Some(false))
        })
        .unwrap();
        assert!(!sock_diag::listens(port).unwrap());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn where_a_group_listens_is_seen() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = UdpSocket::bind("[::1]:0").or_else(|_| UdpSocket::bind("127.0.0.1:0"));
        let socket = socket.unwrap();
        let group = rustix::process::getpgrp().as_raw_pid().cast_unsigned();
        let found = of_group(group);
        let (tcp, udp) = (listener.local_addr().unwrap(), socket.local_addr().unwrap());
        assert!(found.contains(&format!("tcp {tcp}")), "{found:?}");
        assert!(found.contains(&format!("udp {udp}")), "{found:?}");
    }
}
