//! A receive that is smaller than the datagram.

use std::mem::MaybeUninit;
use std::net::UdpSocket;

use anyhow::Result;
use serde::Serialize;
use socket2::{MaybeUninitSlice, SockRef};

use crate::experiment::Experiment;
use crate::experiment::observation::{Bytes, Datagram, Failure};
use crate::experiment::report::{Steps, Verdict};
use crate::host::cannot_be_seen;

/// The rest of the datagram is lost, without a word.
pub struct UdpTruncates;

/// What was left of ten bytes.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// What was sent.
    pub sent: Bytes,
    /// What `recvfrom(4)` returned, without an error.
    pub received: Bytes,
    /// What the next `recvfrom` gave: nothing is left of it.
    pub received_next: Option<Failure>,
    /// Whether `recvmsg` marked the same datagram, sent again, as cut (`MSG_TRUNC`).
    pub recvmsg_says_truncated: bool,
    /// The length that `recv` with the flag `MSG_TRUNC` returned for a buffer of 4 bytes.
    pub recv_with_trunc_returned: Option<usize>,
}

impl Experiment for UdpTruncates {
    const NAME: &'static str = "udp-truncates";
    const CLAIM: &'static str =
        "on Linux and macOS a receive smaller than the datagram loses the rest, silently";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        if cfg!(windows) {
            return cannot_be_seen(
                "it needs Linux or macOS; for Windows see udp-truncates-on-windows",
            );
        }
        let server = UdpSocket::bind("127.0.0.1:0")?;
        let client = UdpSocket::bind("127.0.0.1:0")?;
        let sent = b"0123456789";

        log.step("send ten bytes, and receive with recvfrom(4)");
        client.send_to(sent, server.local_addr()?)?;
        let received = Datagram::receive(&server, 4)?.data;

        log.step("receive again, without blocking");
        server.set_nonblocking(true)?;
        let received_next = Failure::of(&Datagram::receive(&server, 1024));
        server.set_nonblocking(false)?;

        log.step("how a program can notice: recvmsg returns flags, MSG_TRUNC among them");
        client.send_to(sent, server.local_addr()?)?;
        let mut buffer = [MaybeUninit::uninit(); 4];
        let mut buffers = [MaybeUninitSlice::new(&mut buffer)];
        let (_, flags, _) = SockRef::from(&server).recv_from_vectored(&mut buffers)?;

        log.step("on Linux also: recv, given MSG_TRUNC, returns the datagram's real length");
        client.send_to(sent, server.local_addr()?)?;
        let recv_with_trunc_returned = length_of_next(&server)?;

        Ok(Seen {
            sent: Bytes::from(&sent[..]),
            received,
            received_next,
            recvmsg_says_truncated: flags.is_truncated(),
            recv_with_trunc_returned,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.received.0.len() < seen.sent.0.len() && seen.received_next.is_some(),
            "the call succeeds with the first bytes, and the others are gone: receive with 65,507 \
             bytes of room, or look at MSG_TRUNC",
            "the rest was not lost",
        )
    }
}

#[cfg(target_os = "linux")]
fn length_of_next(server: &UdpSocket) -> Result<Option<usize>> {
    use rustix::net::{RecvFlags, recv};
    let (_, length) = recv(server, &mut [0; 4][..], RecvFlags::TRUNC)?;
    Ok(Some(length))
}

/// The flag has no such meaning elsewhere.
#[cfg(not(target_os = "linux"))]
fn length_of_next(_server: &UdpSocket) -> Result<Option<usize>> {
    Ok(None)
}
