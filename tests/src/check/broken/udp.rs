//! Tiny UDP servers.

use std::net::UdpSocket;

use anyhow::Result;
use common::{console, notation};

use super::Fault;

pub(super) const FAULTS: &[Fault] = &[Fault {
    target: "echo-udp/server",
    name: "answers-as-it-came",
    caught_by: "session",
}];

/// Program 5.
pub(super) fn echo(socket: &UdpSocket, fault: &str) -> Result<()> {
    let mut buffer = vec![0; 65_535];
    loop {
        let (size, peer) = socket.recv_from(&mut buffer)?;
        let datagram = &buffer[..size];
        console::say(notation::bytes(datagram))?;
        let answer = match fault {
            "answers-as-it-came" => datagram.to_vec(),
            _ => datagram.to_ascii_uppercase(),
        };
        socket.send_to(&answer, peer)?;
    }
}
