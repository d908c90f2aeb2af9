//! Which clients ask too fast.
//!
//! A client, an IP address, may ask [`BURST`] times at once, and then once each `interval`. Of each client one
//! number is kept: until when its questions would last if it asked as it should. Memory is bounded; when the table is
//! full, the clients that have rested are forgotten, and all if there are none: whoever sends from false addresses
//! gets answers that are as long as his questions, and not more.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// How many questions a client may ask without a rest. chrony's client begins with 4, ntpdig with 1.
pub const BURST: u32 = 8;

/// How many clients are remembered.
const MOST_CLIENTS: usize = 4096;

/// The clients who have asked lately.
#[derive(Debug)]
pub struct Clients {
    interval: Duration,
    /// Until when each has asked enough.
    busy: HashMap<IpAddr, Instant>,
}

impl Clients {
    /// Nobody has asked yet. An `interval` of 0 lets everybody ask at will.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self {
            interval,
            busy: HashMap::new(),
        }
    }

    /// Whether the client who asks now may; then it is counted.
    pub fn may_ask(&mut self, client: IpAddr, now: Instant) -> bool {
        if self.interval.is_zero() {
            return true;
        }
        if self.busy.len() >= MOST_CLIENTS && !self.busy.contains_key(&client) {
            self.busy.retain(|_, until| *until > now);
            if self.busy.len() >= MOST_CLIENTS {
                self.busy.clear();
            }
        }
        let until = self.busy.entry(client).or_insert(now);
        *until = now.max(*until);
        let may = *until - now <= self.interval * (BURST - 1);
        if may {
            *until += self.interval;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const INTERVAL: Duration = Duration::from_secs(15);
    const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn a_client_may_ask_a_few_times_and_then_once_each_interval() {
        let mut clients = Clients::new(INTERVAL);
        let begun = Instant::now();
        let asked = (0..20).filter(|_| clients.may_ask(CLIENT, begun)).count();
        assert_eq!(asked, BURST as usize);
        let mut ask = |seconds: u64| clients.may_ask(CLIENT, begun + Duration::from_secs(seconds));
        assert!(!ask(14));
        assert!(ask(15));
        assert!(!ask(16));
        assert!(ask(30) && !ask(44));
        // Who has rested for long may ask a few times again, and no more.
        let asked = (0..20).filter(|_| ask(10_000)).count();
        assert_eq!(asked, BURST as usize);
    }

    #[test]
    fn one_client_does_not_count_for_another() {
        let mut clients = Clients::new(INTERVAL);
        let now = Instant::now();
        while clients.may_ask(CLIENT, now) {}
        assert!(clients.may_ask(Ipv4Addr::new(127, 0, 0, 2).into(), now));
    }

    #[test]
    fn without_an_interval_all_may_ask_at_will() {
        let mut clients = Clients::new(Duration::ZERO);
        let now = Instant::now();
        assert!((0..1000).all(|_| clients.may_ask(CLIENT, now)));
        assert!(clients.busy.is_empty());
    }

    #[test]
    fn a_crowd_of_false_addresses_takes_no_more_memory() {
        let mut clients = Clients::new(INTERVAL);
        let now = Instant::now();
        for number in 0..100_000_u32 {
            assert!(clients.may_ask(Ipv4Addr::from(number).into(), now));
            assert!(clients.busy.len() <= MOST_CLIENTS);
        }
    }
}
