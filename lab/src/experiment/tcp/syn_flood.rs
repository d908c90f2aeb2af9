//! Half-open connections that nobody means to finish, and what the system does about them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Result, bail};
use serde::Serialize;
use socket2::{Domain, Protocol, Socket, Type};

use crate::experiment::Experiment;
use crate::experiment::report::{Steps, Verdict};
use crate::host::forgery::checksum;
use crate::host::namespace::{End, Wire};
use crate::host::sockets::{self, State};

/// They fill the listener's queue; SYN cookies keep it open all the same.
pub struct SynFlood;

/// Who got in.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// What `listen` was given.
    pub backlog: i32,
    /// SYNs that were sent from addresses where nobody is.
    pub forged_syns: u8,
    /// Connections in SYN_RECV afterwards: the queue is full.
    pub half_open: usize,
    /// Whether an honest client could connect then.
    pub client_gets_in: bool,
    /// Whether it could with SYN cookies (`net.ipv4.tcp_syncookies`, on by default).
    pub client_gets_in_with_cookies: bool,
    /// SYNs that were answered with a cookie, without being remembered.
    pub cookies_sent: u64,
}

impl Experiment for SynFlood {
    const NAME: &'static str = "syn-flood";
    const CLAIM: &'static str =
        "half-open connections (SYN flood) fill a server's queue, and shut its clients out";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("make two network namespaces and a wire; a server listens there, backlog 8");
        let wire = Wire::new()?;
        let backlog = 8;
        let listener = wire.at(End::Server, || {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            socket.bind(&SocketAddr::new(End::Server.address(), 0).into())?;
            socket.listen(backlog)?;
            Ok(TcpListener::from(socket))
        })?;
        let address = listener.local_addr()?;

        log.step("without SYN cookies: send 32 SYNs, each from another address, all of them false");
        syn_cookies(&wire, false)?;
        let forged_syns = 32;
        wire.at(End::Client, || {
            let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::TCP))?;
            socket.set_header_included_v4(true)?;
            for number in 0..forged_syns {
                let source = Ipv4Addr::new(192, 0, 2, 100 + number);
                socket.send_to(&syn(source, address)?, &address.into())?;
            }
            Ok(())
        })?;
        let half_open = || {
            wire.at(End::Server, || {
                let mut sockets = sockets::tcp_sockets(address.port())?;
                sockets.retain(|socket| socket.state == State::SynRecv);
                Ok(sockets.len())
            })
        };
        sockets::wait_until("the queue is full", || Ok(half_open()? >= 8))?;
        let half_open = half_open()?;

        log.step("an honest client tries to connect, for half a second");
        let client_gets_in = connects(&wire, address, Duration::from_millis(500))?;

        log.step("the same with SYN cookies");
        syn_cookies(&wire, true)?;
        let patience = Duration::from_secs(10);
        let client_gets_in_with_cookies = connects(&wire, address, patience)?;
        let cookies_sent = wire.at(End::Server, || sockets::counter("TcpExt", "SyncookiesSent"))?;

        Ok(Seen {
            backlog,
            forged_syns,
            half_open,
            client_gets_in,
            client_gets_in_with_cookies,
            cookies_sent,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            !seen.client_gets_in,
            "the queue was full of clients that will never finish, and the next SYN was dropped. \
             With SYN cookies, as Linux is by default, the server remembers nothing until the \
             handshake is complete, and the honest client gets in",
            "the client got in beside the flood",
        )
    }
}

fn syn_cookies(wire: &Wire, on: bool) -> Result<()> {
    wire.at(End::Server, || {
        let setting = "/proc/sys/net/ipv4/tcp_syncookies";
        Ok(std::fs::write(setting, if on { "1" } else { "0" })?)
    })
}

fn connects(wire: &Wire, address: SocketAddr, patience: Duration) -> Result<bool> {
    wire.at(End::Client, || {
        Ok(TcpStream::connect_timeout(&address, patience).is_ok())
    })
}

/// An IP packet with a TCP segment that has the flag SYN and nothing else (RFC 9293, 3.1). The
/// kernel fills in the IP header's length and checksum.
fn syn(source: Ipv4Addr, target: SocketAddr) -> Result<Vec<u8>> {
    let IpAddr::V4(destination) = target.ip() else {
        bail!("{target} is not IPv4");
    };
    let mut segment = Vec::new();
    segment.extend(40_000_u16.to_be_bytes()); // source port
    segment.extend(target.port().to_be_bytes());
    segment.extend([0; 8]); // sequence and acknowledgement number
    segment.extend([5 << 4, 0x02]); // header of 5 words; SYN
    segment.extend(1024_u16.to_be_bytes()); // window
    segment.extend([0; 4]); // checksum, urgent pointer

    let mut summed = [source.octets(), destination.octets(), [0, 6, 0, 20]].concat();
    summed.extend(&segment);
    segment[16..18].copy_from_slice(&checksum(&summed).to_be_bytes());

    let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6, 0, 0];
    packet.extend(source.octets());
    packet.extend(destination.octets());
    packet.extend(segment);
    Ok(packet)
}
