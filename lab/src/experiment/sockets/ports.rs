//! The range of ports, port 0, a port in use, and two protocols on one number.

use std::net::{TcpListener, UdpSocket};

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::Failure;
use crate::experiment::report::{Steps, Verdict};

/// A port is a number of 16 bits, for each protocol by itself.
pub struct Ports;

/// Which ports could be had.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// Whether 65535 is a port that can be bound, or is so already.
    pub highest_is_a_port: bool,
    /// Whether 65536 fits into the two bytes that a header has for it.
    pub one_more_fits: bool,
    /// The ports that the system chose for two binds of port 0.
    pub chosen_for_0: (u16, u16),
    /// The range it chooses from (`ip_local_port_range`); none where it can't be read.
    pub system_chooses_from: Option<(u16, u16)>,
    /// A second TCP listener on a port in use.
    pub second_tcp: Option<Failure>,
    /// A second UDP socket on a port in use.
    pub second_udp: Option<Failure>,
    /// A UDP socket on the number of a TCP listener.
    pub udp_beside_tcp: Option<Failure>,
}

impl Experiment for Ports {
    const NAME: &'static str = "ports";
    const CLAIM: &'static str =
        "a port, 0 to 65535, given out dynamically, identifies one program on a computer";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("bind the highest port");
        let highest = Failure::of(&UdpSocket::bind("127.0.0.1:65535"));
        let in_use = |failure: Failure| failure.kind == std::io::ErrorKind::AddrInUse;

        log.step("bind port 0, twice");
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let another = TcpListener::bind("127.0.0.1:0")?;
        let chosen_for_0 = (listener.local_addr()?.port(), another.local_addr()?.port());

        log.step("bind a port that is in use, over TCP and over UDP");
        let udp = UdpSocket::bind("127.0.0.1:0")?;
        let second_tcp = Failure::of(&TcpListener::bind(listener.local_addr()?));
        let second_udp = Failure::of(&UdpSocket::bind(udp.local_addr()?));

        log.step("bind a UDP socket on the number of a TCP listener");
        let udp_beside_tcp = Failure::of(&UdpSocket::bind(listener.local_addr()?));

        Ok(Seen {
            highest_is_a_port: highest.is_none_or(in_use),
            one_more_fits: u16::try_from(65_536).is_ok(),
            chosen_for_0,
            system_chooses_from: local_port_range(),
            second_tcp,
            second_udp,
            udp_beside_tcp,
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        let single = seen.second_tcp.is_some() && seen.second_udp.is_some();
        Verdict::decide(
            single && seen.highest_is_a_port && seen.udp_beside_tcp.is_some(),
            "one number, one program",
            "nearly: 0 is no port but asks the system for one; and it is protocol and port \
             together that name a program, as TCP and UDP count theirs separately",
        )
    }
}

/// The two numbers in `/proc/sys/net/ipv4/ip_local_port_range`.
fn local_port_range() -> Option<(u16, u16)> {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut numbers = text.split_whitespace().map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}
