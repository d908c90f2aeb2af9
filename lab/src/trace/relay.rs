//! A relay between a client and a server: what it passes on is what a trace shows where packets cannot
//! be seen, and of programs that somebody else started.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

use super::event::{Kind, Packet};
use crate::pairs::{Side, Transport};

/// How many bytes are passed on at a time.
const CHUNK: usize = 64 * 1024;

/// How long a UDP client that says nothing keeps its socket.
const FORGET: Duration = Duration::from_mins(2);

/// How many peers are relayed at a time; the next ones are refused.
const MOST_PEERS: usize = 256;

/// What was passed on: when, in nanoseconds since 1970, by which side.
pub(super) type Relayed = (u64, Side, Packet);

/// A relay that listens.
#[derive(Debug)]
pub(super) struct Relay {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it passes on.
    pub relayed: Receiver<Relayed>,
}

/// Listens at `listen` and passes everything on to `to` and back, for as long as the process lives.
pub(super) fn start(transport: Transport, listen: SocketAddr, to: SocketAddr) -> Result<Relay> {
    let (sender, relayed) = mpsc::channel();
    let cannot = || format!("cannot listen on {listen}");
    let address = match transport {
        Transport::Tcp => {
            let listener = TcpListener::bind(listen).with_context(cannot)?;
            let address = listener.local_addr()?;
            thread::spawn(move || accept(&listener, to, &sender));
            address
        }
        Transport::Udp => {
            let socket = UdpSocket::bind(listen).with_context(cannot)?;
            let address = socket.local_addr()?;
            thread::spawn(move || pass_datagrams(&socket, to, &sender, FORGET));
            address
        }
    };
    Ok(Relay { address, relayed })
}

/// Now, in nanoseconds since 1970.
#[must_use]
pub(super) fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn tell(
    sender: &Sender<Relayed>,
    side: Side,
    way: (SocketAddr, SocketAddr),
    did: &str,
    bytes: &[u8],
) {
    let packet = Packet {
        from: way.0,
        to: way.1,
        kind: match did {
            "datagram" => Kind::Udp,
            did => Kind::Relayed {
                did: did.to_owned(),
            },
        },
        length: bytes.len(),
        payload: bytes.to_vec(),
        decoded: Vec::new(),
    };
    // Who drew it may be gone; the peers talk on.
    let _ = sender.send((now(), side, packet));
}

fn accept(listener: &TcpListener, to: SocketAddr, sender: &Sender<Relayed>) {
    for client in listener.incoming() {
        let Ok(client) = client else {
            // Out of descriptors: some come back when peers leave.
            thread::sleep(Duration::from_millis(100));
            continue;
        };
        let Ok(peer) = client.peer_addr() else {
            continue;
        };
        tell(sender, Side::Client, (peer, to), "connects", b"");
        let server = match TcpStream::connect(to) {
            Ok(server) => server,
            Err(error) => {
                let did = format!("cannot be reached ({error})");
                tell(sender, Side::Server, (to, peer), &did, b"");
                continue;
            }
        };
        let pair = (client.try_clone(), server.try_clone());
        let (Ok(client_again), Ok(server_again)) = pair else {
            continue;
        };
        let (to_server, to_client) = (sender.clone(), sender.clone());
        thread::spawn(move || pass(client, server, Side::Client, (peer, to), &to_server));
        thread::spawn(move || {
            pass(
                server_again,
                client_again,
                Side::Server,
                (to, peer),
                &to_client,
            );
        });
    }
}

/// Passes one direction of a connection on, to its end.
fn pass(
    mut from: TcpStream,
    mut to: TcpStream,
    side: Side,
    way: (SocketAddr, SocketAddr),
    sender: &Sender<Relayed>,
) {
    let mut buffer = vec![0; CHUNK];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => {
                tell(sender, side, way, "closes", b"");
                let _ = to.shutdown(Shutdown::Write); // it may have closed itself
                return;
            }
            Ok(count) => {
                tell(sender, side, way, "data", &buffer[..count]);
                if to.write_all(&buffer[..count]).is_err() {
                    let _ = from.shutdown(Shutdown::Both);
                    return;
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => {
                tell(sender, side, way, "resets", b"");
                let _ = to.shutdown(Shutdown::Both);
                return;
            }
        }
    }
}

/// The clients of a UDP relay: each has a socket that asks the server, and when it last spoke.
type Peers = Arc<Mutex<BTreeMap<SocketAddr, (Arc<UdpSocket>, Instant)>>>;

/// Passes datagrams on, each client's by a socket of its own, so that answers find the way back. A client
/// that says nothing for as long as `forget` loses it.
fn pass_datagrams(socket: &UdpSocket, to: SocketAddr, sender: &Sender<Relayed>, forget: Duration) {
    let peers = Peers::default();
    let mut buffer = vec![0; CHUNK];
    loop {
        let Ok((size, peer)) = socket.recv_from(&mut buffer) else {
            continue; // an answer to a client that has left was returned
        };
        let datagram = &buffer[..size];
        tell(sender, Side::Client, (peer, to), "datagram", datagram);
        let mut known = peers.lock().unwrap_or_else(PoisonError::into_inner);
        let own = match known.get(&peer) {
            Some((own, _)) => Ok(Arc::clone(own)),
            None if known.len() == MOST_PEERS => Err(format!("no room: {MOST_PEERS} others talk")),
            None => answer(socket, peer, to, sender, &peers, forget)
                .map_err(|error| format!("cannot be asked ({error})")),
        };
        match own {
            Ok(own) => {
                known.insert(peer, (Arc::clone(&own), Instant::now()));
                drop(known);
                let _ = own.send(datagram); // the server may not listen (yet)
            }
            Err(why) => tell(sender, Side::Server, (to, peer), &why, b""),
        }
    }
}

/// A socket that asks the server for one client, and a thread that passes its answers on for as long as
/// the client is known.
fn answer(
    socket: &UdpSocket,
    peer: SocketAddr,
    to: SocketAddr,
    sender: &Sender<Relayed>,
    peers: &Peers,
    forget: Duration,
) -> io::Result<Arc<UdpSocket>> {
    let unspecified: SocketAddr = match to {
        SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
    };
    let own = UdpSocket::bind(unspecified)?;
    own.connect(to)?;
    own.set_read_timeout(Some(forget))?;
    let own = Arc::new(own);
    let (back, asking) = (socket.try_clone()?, Arc::clone(&own));
    let (sender, peers) = (sender.clone(), Arc::clone(peers));
    thread::spawn(move || {
        let mut buffer = vec![0; CHUNK];
        loop {
            match asking.recv(&mut buffer) {
                Ok(size) => {
                    let datagram = &buffer[..size];
                    tell(&sender, Side::Server, (to, peer), "datagram", datagram);
                    let _ = back.send_to(datagram, peer); // the client may have left
                }
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                    tell(&sender, Side::Server, (to, peer), "nobody listens", b"");
                }
                Err(_) => {
                    let mut peers = peers.lock().unwrap_or_else(PoisonError::into_inner);
                    let silent = |(_, spoke): &(_, Instant)| spoke.elapsed() >= forget;
                    if peers.get(&peer).is_none_or(silent) {
                        peers.remove(&peer);
                        return;
                    }
                }
            }
        }
    });
    Ok(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever comes back asks the server from another port: the old socket was given up.
    #[test]
    fn a_udp_client_that_falls_silent_is_forgotten_and_served_when_it_comes_back() {
        let bind = || UdpSocket::bind("127.0.0.1:0").unwrap();
        let (relay, server, client) = (bind(), bind(), bind());
        client.connect(relay.local_addr().unwrap()).unwrap();
        client
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let (sender, _relayed) = mpsc::channel();
        let to = server.local_addr().unwrap();
        let forget = Duration::from_secs(2);
        thread::spawn(move || pass_datagrams(&relay, to, &sender, forget));
        let ask = || {
            client.send(b"x").unwrap();
            let (_, asking) = server.recv_from(&mut [0; 1]).unwrap();
            server.send_to(b"y", asking).unwrap();
            client.recv(&mut [0; 1]).unwrap();
            asking
        };
        let first = ask();
        assert_eq!(ask(), first);
        let begun = Instant::now();
        while ask() == first {
            assert!(begun.elapsed() < Duration::from_secs(30), "never forgotten");
            thread::sleep(forget + Duration::from_millis(200)); // the silence that is tried
        }
    }
}
