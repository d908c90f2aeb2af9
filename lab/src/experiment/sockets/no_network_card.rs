//! Must there be a network card, and a wire?

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::report::{Steps, Verdict};
use crate::host::cannot_be_seen;

/// Two programs on one machine talk without either.
pub struct NoNetworkCard;

/// Which way the bytes went.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// Bytes that were sent to 127.0.0.1.
    pub sent: usize,
    /// Bytes that arrived.
    pub received: usize,
    /// By how many bytes the loopback's own counter rose, headers included.
    pub loopback_carried: u64,
    /// Whether a piece of hardware belongs to the loopback (`/sys/class/net/lo/device`).
    pub loopback_has_hardware: bool,
}

const LOOPBACK: &str = "/sys/class/net/lo";

impl Experiment for NoNetworkCard {
    const NAME: &'static str = "no-network-card";
    const CLAIM: &'static str =
        "network communication needs a physical medium and a network card in every machine";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        if !Path::new(LOOPBACK).exists() {
            return cannot_be_seen("it needs Linux: it reads what /sys says of the loopback");
        }
        log.step("send 100,000 bytes to 127.0.0.1, and read the loopback's counter around it");
        let before = bytes_carried()?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;
        let sent = 100_000;
        client.write_all(&vec![b'x'; sent])?;
        drop(client);
        let received = server.read_to_end(&mut Vec::new())?;

        Ok(Seen {
            sent,
            received,
            loopback_carried: bytes_carried()? - before,
            loopback_has_hardware: Path::new(LOOPBACK).join("device").exists(),
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        let unseen = seen.received == seen.sent && !seen.loopback_has_hardware;
        Verdict::decide(
            !unseen,
            "the bytes passed a piece of hardware",
            "two programs on one machine need neither: the loopback is a piece of the kernel. \
             Between machines the sentence holds",
        )
    }
}

fn bytes_carried() -> Result<u64> {
    let path = format!("{LOOPBACK}/statistics/tx_bytes");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    Ok(text.trim().parse()?)
}
