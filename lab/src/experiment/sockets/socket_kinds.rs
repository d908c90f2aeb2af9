//! `socket(family, type, protocol)`: which there are.

use std::io;

use anyhow::Result;
use serde::Serialize;
use socket2::{Domain, Socket, Type};

use crate::experiment::Experiment;
use crate::experiment::observation::Failure;
use crate::experiment::report::{Steps, Verdict};

/// The two families and two types of the lessons, and others.
pub struct SocketKinds;

/// What `socket` said to one combination.
#[derive(Debug, Serialize)]
pub struct Kind {
    /// `AF_…`
    pub family: &'static str,
    /// `SOCK_…`
    pub r#type: &'static str,
    /// Its error.
    pub error: Option<Failure>,
    /// The protocol that was chosen for 0 (`SO_PROTOCOL`): 6 is TCP, 17 UDP; none where it can't
    /// be asked.
    pub protocol: Option<i32>,
}

/// All combinations that were tried.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// With protocol 0.
    pub kinds: Vec<Kind>,
}

impl Experiment for SocketKinds {
    const NAME: &'static str = "socket-kinds";
    const CLAIM: &'static str =
        "the family is AF_UNIX or AF_INET, the type STREAM or DGRAM, the protocol may be left 0";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("make a socket of each family and type, with protocol 0");
        let families = [
            ("AF_UNIX", Domain::UNIX),
            ("AF_INET", Domain::IPV4),
            ("AF_INET6", Domain::IPV6),
        ];
        let types = [
            ("SOCK_STREAM", Type::STREAM),
            ("SOCK_DGRAM", Type::DGRAM),
            ("SOCK_SEQPACKET", Type::SEQPACKET),
        ];
        let mut kinds = Vec::new();
        for (family, domain) in families {
            for (name, kind) in types {
                let socket = Socket::new(domain, kind, None);
                kinds.push(Kind {
                    family,
                    r#type: name,
                    error: Failure::of(&socket),
                    protocol: socket
                        .ok()
                        .and_then(|socket| protocol(&socket).ok().flatten()),
                });
            }
        }
        Ok(Seen { kinds })
    }

    fn verdict(seen: &Seen) -> Verdict {
        let others = |kind: &&Kind| kind.family == "AF_INET6" || kind.r#type == "SOCK_SEQPACKET";
        Verdict::decide(
            seen.kinds
                .iter()
                .filter(others)
                .all(|kind| kind.error.is_some()),
            "these are all",
            "they all exist, and 0 picks TCP for a stream and UDP for datagrams; but there are \
             more: AF_INET6 for one, which every program of today should know",
        )
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn protocol(socket: &Socket) -> io::Result<Option<i32>> {
    Ok(socket.protocol()?.map(i32::from))
}

/// Not every system tells.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn protocol(_socket: &Socket) -> io::Result<Option<i32>> {
    Ok(None)
}
