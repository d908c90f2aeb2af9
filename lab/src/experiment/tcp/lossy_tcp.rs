//! A wire that loses one packet in five: what TCP makes of it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::milliseconds;
use crate::experiment::report::{Steps, Verdict};
use crate::host::namespace::{End, Loss, Wire};
use crate::host::sockets;

/// TCP arrives whole, and late.
pub struct LossyTcp;

/// What arrived, and when.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// What made the wire lossy.
    pub loss_by: Loss,
    /// Bytes that were sent.
    pub sent: usize,
    /// Whether the same bytes arrived in the same order.
    pub arrived_whole: bool,
    /// Segments that were sent again.
    pub retransmitted_segments: u64,
    /// How long it took on the sound wire.
    pub sound_ms: f64,
    /// How long it took on the lossy one.
    pub lossy_ms: f64,
}

impl Experiment for LossyTcp {
    const NAME: &'static str = "lossy-tcp";
    const CLAIM: &'static str = "TCP is reliable: what the network loses is sent again";
    const WAITS_FOR: Option<&'static str> = Some("the retransmission timer, 200 ms and doubling");
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("make two network namespaces and a wire between them");
        let wire = Wire::new()?;
        let data: Vec<u8> = (0..=250).cycle().take(64 << 10).collect();

        log.step("send 64 KiB over the sound wire");
        let (_, sound) = transfer(&wire, &data)?;

        log.step("the wire loses 20 % of what the client sends (netem delays the rest by 20 ms)");
        let loss_by = wire.lose(End::Client, 20, 20)?;

        log.step("send the same again");
        let retransmitted = || wire.at(End::Client, || sockets::counter("Tcp", "RetransSegs"));
        let before = retransmitted()?;
        let (arrived, lossy) = transfer(&wire, &data)?;
        Ok(Seen {
            loss_by,
            sent: data.len(),
            arrived_whole: arrived == data,
            retransmitted_segments: retransmitted()? - before,
            sound_ms: milliseconds(sound),
            lossy_ms: milliseconds(lossy),
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.arrived_whole && seen.retransmitted_segments > 0,
            "every byte arrived, in order; the price is waiting for what is sent again",
            "the data did not arrive whole, or nothing had to be sent again",
        )
    }
}

/// Sends `data` from the client's namespace to the server's; what arrived there, and the time
/// from the first send to the end of the stream.
fn transfer(wire: &Wire, data: &[u8]) -> Result<(Vec<u8>, Duration)> {
    let patience = Some(Duration::from_secs(20));
    let listener = wire.at(End::Server, || {
        Ok(TcpListener::bind((End::Server.address(), 0))?)
    })?;
    let address = listener.local_addr()?;
    let mut client = wire.at(End::Client, || Ok(TcpStream::connect(address)?))?;
    let (mut server, _) = listener.accept()?;
    client.set_write_timeout(patience)?;
    server.set_read_timeout(patience)?;

    let begun = Instant::now();
    let receiving = thread::spawn(move || {
        let mut arrived = Vec::new();
        server.read_to_end(&mut arrived).map(|_| arrived)
    });
    for block in data.chunks(1400) {
        client.write_all(block)?;
    }
    drop(client);
    match receiving.join() {
        Ok(arrived) => Ok((arrived?, begun.elapsed())),
        Err(_) => bail!("the receiving thread panicked"),
    }
}
