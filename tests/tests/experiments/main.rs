//! Each experiment, asked what it observed: counts, bytes, error kinds, states. Times only as
//! orders of magnitude between two things measured in the same run.

use std::io::ErrorKind;
use std::process::Command;

use lab::experiment::observation::Failure;
use lab::experiment::report::Steps;
use lab::experiment::sockets::default_ports::DefaultPorts;
use lab::experiment::tcp::handshake_and_farewell::HandshakeAndFarewell;
use lab::experiment::tcp::lossy_tcp::LossyTcp;
use lab::experiment::tcp::lost_farewell::LostFarewell;
use lab::experiment::tcp::syn_flood::SynFlood;
use lab::experiment::tcp::tcp_peer_leaves_on_windows::TcpPeerLeavesOnWindows;
use lab::experiment::udp::lossy_udp::LossyUdp;
use lab::experiment::udp::udp_header::UdpHeader;
use lab::experiment::udp::udp_truncates_on_windows::UdpTruncatesOnWindows;
use lab::experiment::{Experiment, observe};
use lab::host::CannotBeSeen;

mod books;
mod connections;
mod functions;
mod tcp;
mod udp;

/// What Linux cannot show: Windows, and the ports of programs that are not installed.
const BEYOND_LINUX: [&str; 3] = [
    TcpPeerLeavesOnWindows::NAME,
    UdpTruncatesOnWindows::NAME,
    DefaultPorts::NAME,
];

/// What a container cannot show that may not make network namespaces, and most of it not where the
/// kernel has neither sch_netem nor cls_bpf to lose packets.
const ON_A_WIRE: [&str; 6] = [
    HandshakeAndFarewell::NAME,
    SynFlood::NAME,
    LostFarewell::NAME,
    LossyTcp::NAME,
    UdpHeader::NAME,
    LossyUdp::NAME,
];

/// Says that an experiment could not be seen. With `CI=true` on Linux only these may be, and those
/// on a wire only for want of something that is in no package.
fn unseen(name: &str, why: &str) {
    let has = |tool: &str| Command::new(tool).arg("-V").output().is_ok();
    if !cfg!(target_os = "linux")
        || BEYOND_LINUX.contains(&name)
        || ON_A_WIRE.contains(&name) && has("ip") && has("tc")
    {
        tests::skip(name, why);
    } else {
        tests::lacks(name, why);
    }
}

/// What an experiment saw; none, and a line that says so, where this machine can't show it.
fn seen<E: Experiment>() -> Option<E::Seen> {
    match observe::<E>(Steps::default()).1 {
        Ok(seen) => Some(seen),
        Err(error) => match error.downcast::<CannotBeSeen>() {
            Ok(why) => {
                unseen(E::NAME, &why.0);
                None
            }
            Err(error) => panic!("{} broke off: {error:#}", E::NAME),
        },
    }
}

/// Rust's kind of an error, if there was one.
fn kind(failure: Option<Failure>) -> Option<ErrorKind> {
    failure.map(|failure| failure.kind)
}
