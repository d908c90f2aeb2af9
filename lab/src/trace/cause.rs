//! The order of cause: what is sent, then what is on the wire, then what is received.
//!
//! All times are the kernel's, and calls that send count from their beginning, calls that receive from
//! their end. That end is what strace is not exact about: it measures how long a call takes from a bit
//! after its beginning. A receive that seems to come before its packet is moved behind it.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use super::event::{Event, Kind, Packet, What};
use crate::pairs::{Side, Transport};

/// So much later, in nanoseconds, what a receive waits for is taken for not seen.
const NOT_SEEN: u64 = 50_000_000;

/// What has arrived at a side, and what its calls have taken of it.
#[derive(Debug, Default)]
struct Arrived {
    /// Of TCP the bytes that each peer has sent, of UDP the datagrams. A connection is a peer.
    from: BTreeMap<SocketAddr, u64>,
    /// Whether a connection has ended.
    ended: bool,
    taken: u64,
    accepted: usize,
    /// What waits for a packet, and what the same side did after it.
    waiting: VecDeque<Event>,
}

/// The events in their order.
pub(super) fn order(mut events: Vec<Event>, transport: Transport) -> Vec<Event> {
    events.sort_by_key(|event| event.nanoseconds);
    let mut sides = [Arrived::default(), Arrived::default()];
    let mut ordered: Vec<Event> = Vec::with_capacity(events.len());
    for event in events {
        let now = event.nanoseconds;
        let server = event.side == Side::Server;
        if let What::Packet(packet) = &event.what {
            sides[usize::from(server)].count(packet);
            ordered.push(event);
        } else {
            sides[usize::from(!server)].waiting.push_back(event);
        }
        for side in &mut sides {
            while let Some(first) = side.waiting.front() {
                let late = first.nanoseconds + NOT_SEEN < now;
                if !side.take(transport) && !late {
                    break;
                }
                ordered.extend(side.waiting.pop_front());
            }
        }
    }
    for side in sides {
        ordered.extend(side.waiting);
    }
    let mut last = 0;
    for event in &mut ordered {
        last = event.nanoseconds.max(last);
        event.nanoseconds = last;
    }
    ordered
}

impl Arrived {
    fn count(&mut self, packet: &Packet) {
        let from = || packet.from;
        match &packet.kind {
            Kind::Icmp { .. } => {}
            Kind::Udp => *self.from.entry(from()).or_default() += 1,
            Kind::Tcp {
                flags, sequence, ..
            } => {
                self.ended |= flags.contains("FIN") || flags.contains("RST");
                if !flags.contains("SYN") {
                    // The first byte has the number 1, and what is sent again the number that it had.
                    let end = u64::from(*sequence) + packet.length as u64;
                    let known = self.from.entry(from()).or_default();
                    *known = end.saturating_sub(1).max(*known);
                }
            }
            Kind::Relayed { did } => {
                self.ended |= did == "closes" || did == "resets";
                *self.from.entry(from()).or_default() += packet.length as u64;
            }
        }
    }

    /// Whether the first that waits may happen now; what it takes is then taken.
    fn take(&mut self, transport: Transport) -> bool {
        let Some(What::Call(call)) = self.waiting.front().map(|event| &event.what) else {
            return true;
        };
        let Ok(result) = call.result.parse::<u64>() else {
            return true;
        };
        let of_tcp = transport == Transport::Tcp;
        if call.name.starts_with("accept") {
            let may = self.from.len() > self.accepted;
            self.accepted += usize::from(may);
            may
        } else if !receives(&call.name) || call.arguments.contains("MSG_PEEK") {
            true
        } else if of_tcp && result == 0 {
            self.ended
        } else {
            let takes = if of_tcp { result } else { 1 };
            let may = self.from.values().sum::<u64>() >= self.taken + takes;
            self.taken += if may { takes } else { 0 };
            may
        }
    }
}

/// Whether a call takes what has come, and counts from its end.
pub(super) fn receives(name: &str) -> bool {
    ["recv", "read", "accept"]
        .iter()
        .any(|begin| name.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::super::event::Call;
    use super::*;

    fn event(nanoseconds: u64, side: Side, what: What) -> Event {
        Event {
            nanoseconds,
            side,
            step: None,
            what,
        }
    }

    fn call(name: &str, result: &str) -> What {
        What::Call(Call {
            name: name.to_owned(),
            arguments: String::new(),
            result: result.to_owned(),
            took: 0,
        })
    }

    fn datagram() -> What {
        What::Packet(Packet {
            from: ([127, 0, 0, 1], 1).into(),
            to: ([127, 0, 0, 1], 2).into(),
            kind: Kind::Udp,
            length: 1,
            payload: vec![b'x'],
            decoded: Vec::new(),
        })
    }

    fn names(events: &[Event]) -> Vec<&str> {
        let name = |event: &'_ Event| match &event.what {
            What::Call(call) => call.name.clone().leak(),
            _ => "packet",
        };
        events.iter().map(name).collect()
    }

    #[test]
    fn a_receive_and_what_follows_it_wait_for_the_packet() {
        let events = vec![
            event(1, Side::Client, call("sendto", "1")),
            event(2, Side::Server, call("recvfrom", "1")),
            event(3, Side::Server, call("close", "0")),
            event(4, Side::Client, datagram()),
            event(5, Side::Client, call("close", "0")),
        ];
        let ordered = order(events, Transport::Udp);
        let told = ["sendto", "packet", "recvfrom", "close", "close"];
        assert_eq!(names(&ordered), told);
        assert_eq!(ordered[2].nanoseconds, 4);
    }

    #[test]
    fn a_packet_that_nobody_saw_is_not_waited_for() {
        let events = vec![
            event(1, Side::Server, call("recvfrom", "1")),
            event(2 * NOT_SEEN, Side::Client, call("close", "0")),
            event(2 * NOT_SEEN + 1, Side::Client, datagram()),
        ];
        let told = ["recvfrom", "close", "packet"];
        assert_eq!(names(&order(events, Transport::Udp)), told);
    }
}
