//! The packets on the loopback of a network namespace that this process made for itself.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::IoSliceMut;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow, ensure};
use etherparse::{Icmpv4Type, Icmpv6Type, NetSlice, SlicedPacket, TransportSlice};
use nix::sys::socket::sockopt::{RcvBuf, RcvBufForce, ReceiveTimeout, ReceiveTimestampns};
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType,
    recvmsg, setsockopt, socket,
};
use nix::sys::time::TimeVal;
use rustix::thread::UnshareFlags;

use super::event::{Kind, Packet};

/// A frame as it was on the wire.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// When, in nanoseconds since 1970, as the kernel saw it.
    pub time: u64,
    /// Its bytes, the Ethernet header included.
    pub bytes: Vec<u8>,
}

/// How much the kernel keeps of what is not read yet, in bytes.
const BUFFER: usize = 32 << 20;

/// How often the reader looks whether it is to end.
const LOOK: i64 = 20_000;

/// `PACKET_OUTGOING`: the loopback shows each packet twice, going out and coming in.
const OUTGOING: u8 = 4;

/// Whether [`enter_namespace`] works here. A process of its own tries it: some systems let a namespace be
/// made that can do nothing, and who is in it does not get out again.
pub(super) fn try_namespace() -> Result<()> {
    let output = Command::new(env::current_exe()?)
        .arg("namespace")
        .output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", told.trim());
    Ok(())
}

/// Takes this process into a network namespace of its own, whose loopback is up and has a wire's
/// packets: 1,500 bytes at most, each by itself. What it starts from now on is there too. To be called
/// before there is a second thread.
pub(super) fn enter_namespace() -> Result<()> {
    // Whoever is not root may be it in a user namespace of his own.
    let root = rustix::process::geteuid().is_root() && unshare(UnshareFlags::NEWNET).is_ok();
    if !root {
        let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
        unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNET)?;
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/uid_map", format!("0 {} 1", user.as_raw()))?;
        fs::write("/proc/self/gid_map", format!("0 {} 1", group.as_raw()))?;
    }
    let ip = |words: &str| -> Result<()> {
        let output = Command::new("ip")
            .args(words.split(' '))
            .output()
            .context("install iproute2 (Linux)")?;
        let told = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "ip {words}: {}", told.trim());
        Ok(())
    };
    ip("link set lo mtu 1500 up")?;
    // Kernels before 6.1 cannot; their large segments stay whole.
    let _ = ip("link set lo gso_max_size 1500 gso_max_segs 1");
    Ok(())
}

fn unshare(flags: UnshareFlags) -> rustix::io::Result<()> {
    #[expect(
        deprecated,
        reason = "it is unsound for shared descriptor tables alone"
    )]
    rustix::thread::unshare(flags)
}

/// Reads all packets of the loopback, until it is told to stop.
#[derive(Debug)]
pub(super) struct Sniffer {
    stop: Arc<AtomicBool>,
    reader: JoinHandle<nix::Result<Vec<Frame>>>,
}

impl Sniffer {
    /// Begins to listen.
    pub(super) fn start() -> Result<Self> {
        let socket = socket(
            AddressFamily::Packet,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            SockProtocol::EthAll,
        )?;
        setsockopt(&socket, ReceiveTimestampns, &true)?;
        setsockopt(&socket, ReceiveTimeout, &TimeVal::new(0, LOOK))?;
        if setsockopt(&socket, RcvBufForce, &BUFFER).is_err() {
            setsockopt(&socket, RcvBuf, &BUFFER)?;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let reader = thread::spawn(move || read(&socket, &stopped));
        Ok(Self { stop, reader })
    }

    /// Ends when all that has been sent until now is read.
    pub(super) fn stop(self) -> Result<Vec<Frame>> {
        self.stop.store(true, Ordering::Relaxed);
        let read = self
            .reader
            .join()
            .map_err(|_| anyhow!("the reader of packets panicked"))?;
        Ok(read?)
    }
}

fn read(socket: &OwnedFd, stop: &AtomicBool) -> nix::Result<Vec<Frame>> {
    let mut frames = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    let mut control = nix::cmsg_space!(nix::sys::time::TimeSpec);
    loop {
        let last = stop.load(Ordering::Relaxed);
        let mut parts = [IoSliceMut::new(&mut buffer)];
        let message = match recvmsg::<LinkAddr>(
            socket.as_raw_fd(),
            &mut parts,
            Some(&mut control),
            MsgFlags::empty(),
        ) {
            Ok(message) => message,
            Err(nix::Error::EAGAIN | nix::Error::EINTR) if last => {
                // Two processors may hand theirs over in another order.
                frames.sort_by_key(|frame: &Frame| frame.time);
                return Ok(frames);
            }
            Err(nix::Error::EAGAIN | nix::Error::EINTR) => continue,
            Err(error) => return Err(error),
        };
        let outgoing = message
            .address
            .is_some_and(|address| address.pkttype() == OUTGOING);
        let time = message.cmsgs()?.find_map(|control| match control {
            ControlMessageOwned::ScmTimestampns(time) => Some(time),
            _ => None,
        });
        let length = message.bytes;
        if let (true, Some(time)) = (outgoing, time) {
            let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
            let nanoseconds = u64::try_from(time.tv_nsec()).unwrap_or(0);
            let time = seconds * 1_000_000_000 + nanoseconds;
            frames.push(Frame {
                time,
                bytes: buffer[..length].to_vec(),
            });
        }
    }
}

/// Numbers of the first byte in each direction of the connections, so that a diagram counts from 0.
pub(super) type Firsts = BTreeMap<(SocketAddr, SocketAddr), u32>;

/// The packet that a frame is; none for what the lessons know nothing of, as the kernel's own ICMPv6.
#[must_use]
pub(super) fn parse(frame: &[u8], firsts: &mut Firsts) -> Option<Packet> {
    let packet = SlicedPacket::from_ethernet(frame).ok()?;
    let (from, to): (IpAddr, IpAddr) = match packet.net.as_ref()? {
        NetSlice::Ipv4(ip) => (
            ip.header().source_addr().into(),
            ip.header().destination_addr().into(),
        ),
        NetSlice::Ipv6(ip) => (
            ip.header().source_addr().into(),
            ip.header().destination_addr().into(),
        ),
        NetSlice::Arp(_) => return None,
    };
    let (from, to, kind, payload) = match packet.transport? {
        TransportSlice::Tcp(tcp) => {
            let from = SocketAddr::new(from, tcp.source_port());
            let to = SocketAddr::new(to, tcp.destination_port());
            if tcp.syn() {
                firsts.insert((from, to), tcp.sequence_number());
            }
            let first = |way| firsts.get(&way).copied().unwrap_or(0);
            let acknowledgement = tcp.acknowledgment_number().wrapping_sub(first((to, from)));
            let flags = [
                (tcp.syn(), "SYN"),
                (tcp.fin(), "FIN"),
                (tcp.rst(), "RST"),
                (tcp.psh(), "PSH"),
                (tcp.ack(), "ACK"),
            ];
            let flags: Vec<&str> = flags
                .into_iter()
                .filter_map(|(set, name)| set.then_some(name))
                .collect();
            let kind = Kind::Tcp {
                flags: flags.join(" "),
                sequence: tcp.sequence_number().wrapping_sub(first((from, to))),
                acknowledgement: if tcp.ack() { acknowledgement } else { 0 },
                window: tcp.window_size(),
            };
            (from, to, kind, tcp.payload().to_vec())
        }
        TransportSlice::Udp(udp) => {
            let from = SocketAddr::new(from, udp.source_port());
            let to = SocketAddr::new(to, udp.destination_port());
            (from, to, Kind::Udp, udp.payload().to_vec())
        }
        // Of errors alone, which quote the datagram that they are about.
        TransportSlice::Icmpv4(icmp) => match icmp.icmp_type() {
            Icmpv4Type::DestinationUnreachable(why) => {
                about(from, to, &format!("{why:?}"), quoted(icmp.payload())?)
            }
            _ => return None,
        },
        TransportSlice::Igmp(_) => return None,
        TransportSlice::Icmpv6(icmp) => match icmp.icmp_type() {
            Icmpv6Type::DestinationUnreachable(why) => {
                about(from, to, &format!("{why:?}"), quoted(icmp.payload())?)
            }
            _ => return None,
        },
    };
    Some(Packet {
        from,
        to,
        kind,
        length: payload.len(),
        payload,
        decoded: Vec::new(),
    })
}

/// An ICMP message about a datagram from one port to another: it goes back.
fn about(
    from: IpAddr,
    to: IpAddr,
    why: &str,
    ports: (u16, u16),
) -> (SocketAddr, SocketAddr, Kind, Vec<u8>) {
    let says = match why {
        "Port" => "ICMP port unreachable".to_owned(),
        other => format!("ICMP unreachable: {other}"),
    };
    let (asking, asked) = ports;
    (
        SocketAddr::new(from, asked),
        SocketAddr::new(to, asking),
        Kind::Icmp { says },
        Vec::new(),
    )
}

/// The ports of the datagram that an ICMP message quotes: from, to.
fn quoted(payload: &[u8]) -> Option<(u16, u16)> {
    let quoted = SlicedPacket::from_ip(payload);
    if let Ok(SlicedPacket {
        transport: Some(TransportSlice::Udp(udp)),
        ..
    }) = &quoted
    {
        return Some((udp.source_port(), udp.destination_port()));
    }
    // Cut short: the ports stand right behind the IP header.
    let header = match payload.first()? >> 4 {
        4 => usize::from(payload[0] & 15) * 4,
        _ => 40,
    };
    let ports = payload.get(header..header + 4)?;
    Some((
        u16::from_be_bytes([ports[0], ports[1]]),
        u16::from_be_bytes([ports[2], ports[3]]),
    ))
}
