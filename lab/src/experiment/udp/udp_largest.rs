//! How much one datagram can carry.

use std::net::{SocketAddr, UdpSocket};

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::{Datagram, Failure};
use crate::experiment::report::{Steps, Verdict};

/// 65,507 bytes go, 65,508 do not.
pub struct UdpLargest;

/// The largest datagram that both ends took.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The most bytes that one `sendto` took, by trying.
    pub most_bytes: usize,
    /// How many of them one `recvfrom(65535)` returned.
    pub received: usize,
    /// The error for one byte more.
    pub one_byte_more: Option<Failure>,
    /// The most with the headers of UDP (8 bytes) and IPv4 (20 bytes).
    pub with_headers: usize,
    /// The most over IPv6, whose length field leaves its header out; none without IPv6.
    pub most_bytes_over_ipv6: Option<usize>,
}

impl Experiment for UdpLargest {
    const NAME: &'static str = "udp-largest";
    const CLAIM: &'static str =
        "a UDP datagram is at most 65,535 bytes in all and just fits into one IP packet";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("send ever larger datagrams until one is refused, halving the interval");
        let server = UdpSocket::bind("127.0.0.1:0")?;
        let most_bytes = largest_accepted(&server)?;

        log.step("send the largest, and receive with more room than it needs");
        let client = UdpSocket::bind("127.0.0.1:0")?;
        let address = server.local_addr()?;
        let server = UdpSocket::bind("127.0.0.1:0")?;
        client.send_to(&vec![b'x'; most_bytes], server.local_addr()?)?;
        let received = Datagram::receive(&server, 65_535)?.data.0.len();

        log.step("send one byte more");
        let one_byte_more = Failure::of(&client.send_to(&vec![b'x'; most_bytes + 1], address));

        log.step("try the same over IPv6");
        let most_bytes_over_ipv6 = match UdpSocket::bind("[::1]:0") {
            Ok(server) => Some(largest_accepted(&server)?),
            Err(_) => None,
        };
        Ok(Seen {
            most_bytes,
            received,
            one_byte_more,
            with_headers: most_bytes + 8 + 20,
            most_bytes_over_ipv6,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.with_headers == 65_535 && seen.received == seen.most_bytes,
            "65,507 bytes of data + 8 of UDP header + 20 of IP header = 65,535, and all of them \
             arrive: more than 1,024 bytes are lost only if the receiver asks for no more",
            "the limit is another one",
        )
    }
}

/// The size of the largest datagram that `sendto` accepts for the address of `server`.
fn largest_accepted(server: &UdpSocket) -> Result<usize> {
    let address = server.local_addr()?;
    let client = UdpSocket::bind(SocketAddr::new(address.ip(), 0))?;
    let data = vec![b'x'; 70_000];
    let (mut goes, mut does_not) = (0, data.len());
    while does_not - goes > 1 {
        let middle = usize::midpoint(goes, does_not);
        match client.send_to(&data[..middle], address) {
            Ok(_) => goes = middle,
            Err(_) => does_not = middle,
        }
    }
    Ok(goes)
}
