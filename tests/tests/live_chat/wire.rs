//! A bad wire: it loses a fifth of what it carries, repeats and mixes up.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How many of a hundred datagrams are lost, come twice, or come late, each way.
const LOST: u64 = 20;
const TWICE: u64 = 10;
const LATE: u64 = 15;

/// How late: a few others come before.
const LATENESS: Duration = Duration::from_millis(30);

/// Numbers without a pattern, but the same each time (xorshift).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Whether something happens that does so in `hundredths` of all cases.
    fn falls(&mut self, hundredths: u64) -> bool {
        self.next() % 100 < hundredths
    }
}

/// A wire between clients and a server. To the server each client has a port of its own.
pub(crate) struct Wire {
    pub(crate) port: u16,
    over: Arc<AtomicBool>,
    lost: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Wire {
    pub(crate) fn new(server: SocketAddr, seed: u64) -> Self {
        let front = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = front.local_addr().unwrap().port();
        let over = Arc::new(AtomicBool::new(false));
        let lost = Arc::new(AtomicU64::new(0));
        let thread = {
            let (over, lost) = (Arc::clone(&over), Arc::clone(&lost));
            thread::spawn(move || carry(&front, server, Dice(seed), &over, &lost))
        };
        Self {
            port,
            over,
            lost,
            thread: Some(thread),
        }
    }

    /// How many datagrams it has lost.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Carries datagrams until it is over. It is the wire's nature that it waits a moment, not the test's.
fn carry(
    front: &UdpSocket,
    server: SocketAddr,
    mut dice: Dice,
    over: &AtomicBool,
    lost: &AtomicU64,
) {
    front
        .set_read_timeout(Some(Duration::from_millis(1)))
        .unwrap();
    // The wire's socket for each client.
    let mut backs: HashMap<SocketAddr, UdpSocket> = HashMap::new();
    // What goes out when; to a client, or for a client to the server.
    let mut late: Vec<(Instant, Vec<u8>, SocketAddr, bool)> = Vec::new();
    let mut buffer = vec![0; 65_535];
    while !over.load(Ordering::Relaxed) {
        let mut came = Vec::new();
        if let Ok((size, client)) = front.recv_from(&mut buffer) {
            came.push((buffer[..size].to_vec(), client, true));
            backs.entry(client).or_insert_with(|| {
                let back = UdpSocket::bind("127.0.0.1:0").unwrap();
                back.set_nonblocking(true).unwrap();
                back
            });
        }
        for (&client, back) in &backs {
            while let Ok((size, _)) = back.recv_from(&mut buffer) {
                came.push((buffer[..size].to_vec(), client, false));
            }
        }
        for (datagram, client, to_server) in came {
            if dice.falls(LOST) {
                lost.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            for _ in 0..if dice.falls(TWICE) { 2 } else { 1 } {
                let lateness = if dice.falls(LATE) {
                    LATENESS
                } else {
                    Duration::ZERO
                };
                late.push((
                    Instant::now() + lateness,
                    datagram.clone(),
                    client,
                    to_server,
                ));
            }
        }
        let now = Instant::now();
        late.retain(|(when, datagram, client, to_server)| {
            if *when > now {
                return true;
            }
            let _ = if *to_server {
                backs[client].send_to(datagram, server)
            } else {
                front.send_to(datagram, client)
            };
            false
        });
    }
}
