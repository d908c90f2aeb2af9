//! A wire that loses one packet in five: what UDP makes of it.

use std::net::UdpSocket;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::report::{Steps, Verdict};
use crate::host::namespace::{End, Loss, Wire};

/// UDP loses what the wire loses.
pub struct LossyUdp;

/// What arrived.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// What made the wire lossy.
    pub loss_by: Loss,
    /// Numbered datagrams that were sent.
    pub sent: u32,
    /// Errors of those sends.
    pub errors: usize,
    /// Datagrams that arrived.
    pub arrived: usize,
    /// The numbers of the first ten that are missing.
    pub first_missing: Vec<u32>,
}

impl Experiment for LossyUdp {
    const NAME: &'static str = "lossy-udp";
    const CLAIM: &'static str = "UDP is unreliable: what the network loses is lost";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("make two network namespaces and a wire between them");
        let wire = Wire::new()?;
        let server = wire.at(End::Server, || {
            Ok(UdpSocket::bind((End::Server.address(), 0))?)
        })?;
        let client = wire.at(End::Client, || {
            Ok(UdpSocket::bind((End::Client.address(), 0))?)
        })?;

        log.step("the wire loses 20 % of what the client sends (netem delays the rest by 20 ms)");
        let loss_by = wire.lose(End::Client, 20, 20)?;

        log.step("the client sends 200 numbered datagrams");
        let sent = 200;
        let mut errors = 0;
        for number in 0..sent {
            let send = client.send_to(&u32::to_le_bytes(number), server.local_addr()?);
            errors += usize::from(send.is_err());
        }

        log.step("the server receives until nothing has come for a second");
        server.set_read_timeout(Some(Duration::from_secs(1)))?;
        let mut numbers = Vec::new();
        let mut buffer = [0; 4];
        while server.recv_from(&mut buffer).is_ok() {
            numbers.push(u32::from_le_bytes(buffer));
        }
        let missing = (0..sent).filter(|number| !numbers.contains(number));
        Ok(Seen {
            loss_by,
            sent,
            errors,
            arrived: numbers.len(),
            first_missing: missing.take(10).collect(),
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            !seen.first_missing.is_empty() && seen.errors == 0,
            "every send succeeded, and neither end was told what is missing",
            "everything arrived",
        )
    }
}
