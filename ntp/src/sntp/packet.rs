//! The 48 bytes of a question and of an answer, struct-packed: `!BBbbII4sQQQQ`.
//!
//! | bytes | struct | field | what is in it |
//! |---|---|---|---|
//! | 0 | `B` | leap, version, mode | 2, 3 and 3 bits: a second is added or taken (3: the clock is not set); 1 to 4; 3 asks, 4 answers |
//! | 1 | `B` | stratum | 1 has a clock of its own, 2 asks a 1, … 15; 0 is a kiss-o'-death, or unsynchronised |
//! | 2 | `b` | poll | how long between two questions, 2^poll s |
//! | 3 | `b` | precision | how exact the clock is, 2^precision s |
//! | 4 | `I` | root delay | the round trip to the clock at the root, in 2^-16 s |
//! | 8 | `I` | root dispersion | how wrong that clock may be, in 2^-16 s |
//! | 12 | `4s` | reference id | of what the clock is set by: four letters up to stratum 1, above an IPv4 address, or of an IPv6 one the beginning of its md5; the code of a kiss |
//! | 16 | `Q` | reference | when the clock was last set |
//! | 24 | `Q` | origin | in an answer: the transmit timestamp of the question, bit for bit |
//! | 32 | `Q` | receive | T2, when the question came |
//! | 40 | `Q` | transmit | T3, when the answer left; in a question anything that nobody can guess |
//!
//! All numbers are big-endian (`!`, network order); the last four are [`Timestamp`]s. An authenticator or
//! extensions may follow (RFC 5905, 7.3 and 7.5); nobody here reads them.
//!
//! Sources: RFC 4330, 4 (the fields) and 8 (kiss-o'-death); RFC 5905, 7.3.

use std::array;
use std::net::Ipv4Addr;

use super::timestamp::Timestamp;

/// How many bytes a packet has.
pub const SIZE: usize = 48;

/// The version that we speak.
pub const VERSION: u8 = 4;

/// The mode of a question.
pub const CLIENT: u8 = 3;

/// The mode of an answer.
pub const SERVER: u8 = 4;

/// The leap indicator of a clock that is not set.
pub const UNSYNCHRONISED: u8 = 3;

/// The kiss of a server whose clock is not set yet.
pub const INIT: [u8; 4] = *b"INIT";

/// The kiss for a client that asks too fast.
pub const RATE: [u8; 4] = *b"RATE";

/// A question or an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packet {
    /// 0 to 3.
    pub leap: u8,
    /// 0 to 7.
    pub version: u8,
    /// 0 to 7.
    pub mode: u8,
    /// How many clocks away the root is.
    pub stratum: u8,
    /// The logarithm of an interval in seconds, to the base 2.
    pub poll: i8,
    /// The logarithm of seconds, to the base 2.
    pub precision: i8,
    /// In 2^-16 s.
    pub root_delay: u32,
    /// In 2^-16 s.
    pub root_dispersion: u32,
    /// What the clock is set by, or the code of a kiss.
    pub reference_id: [u8; 4],
    /// When the clock was set.
    pub reference: Timestamp,
    /// The question's transmit timestamp.
    pub origin: Timestamp,
    /// T2.
    pub receive: Timestamp,
    /// T3.
    pub transmit: Timestamp,
}

impl Packet {
    /// A client's question. `nonce` stands where its time could: the server copies it, and need not know the time
    /// (RFC 4330, 5, leaves it open).
    #[must_use]
    pub fn question(nonce: Timestamp) -> Self {
        Self {
            version: VERSION,
            mode: CLIENT,
            transmit: nonce,
            ..Self::default()
        }
    }

    /// Whether it is a question that has an answer: mode 3, in one of the versions that there are.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.mode == CLIENT && (1..=VERSION).contains(&self.version)
    }

    /// `struct.pack("!BBbbII4sQQQQ", …)`
    #[must_use]
    pub fn pack(&self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        bytes[0] = self.leap << 6 | (self.version & 7) << 3 | self.mode & 7;
        bytes[1] = self.stratum;
        bytes[2..4].copy_from_slice(&[self.poll, self.precision].map(i8::cast_unsigned));
        bytes[4..8].copy_from_slice(&self.root_delay.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.root_dispersion.to_be_bytes());
        bytes[12..16].copy_from_slice(&self.reference_id);
        let times = [self.reference, self.origin, self.receive, self.transmit];
        for (field, time) in bytes[16..].chunks_exact_mut(8).zip(times) {
            field.copy_from_slice(&time.0.to_be_bytes());
        }
        bytes
    }

    /// `struct.unpack("!BBbbII4sQQQQ", bytes[:48])`; none of fewer than 48 bytes. What follows is passed over.
    #[must_use]
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        let (bytes, _) = bytes.split_first_chunk::<SIZE>()?;
        Some(Self {
            leap: bytes[0] >> 6,
            version: bytes[0] >> 3 & 7,
            mode: bytes[0] & 7,
            stratum: bytes[1],
            poll: bytes[2].cast_signed(),
            precision: bytes[3].cast_signed(),
            root_delay: u32::from_be_bytes(field(bytes, 4)),
            root_dispersion: u32::from_be_bytes(field(bytes, 8)),
            reference_id: field(bytes, 12),
            reference: Timestamp(u64::from_be_bytes(field(bytes, 16))),
            origin: Timestamp(u64::from_be_bytes(field(bytes, 24))),
            receive: Timestamp(u64::from_be_bytes(field(bytes, 32))),
            transmit: Timestamp(u64::from_be_bytes(field(bytes, 40))),
        })
    }

    /// How far the server may be from the truth, in seconds: half of the way to the root, and how wrong the clock
    /// there may be (RFC 5905, 11.2).
    #[must_use]
    pub fn root_distance(&self) -> f64 {
        (f64::from(self.root_delay) / 2.0 + f64::from(self.root_dispersion)) / 65536.0
    }

    /// The reference id as a person reads it: letters up to stratum 1, above an IPv4 address.
    #[must_use]
    pub fn reference_name(&self) -> String {
        if self.stratum > 1 {
            return Ipv4Addr::from(self.reference_id).to_string();
        }
        let end = self.reference_id.iter().rposition(|&byte| byte != 0);
        let letters = &self.reference_id[..end.map_or(0, |last| last + 1)];
        let shown = |&byte: &u8| match byte {
            b' '..=b'~' => char::from(byte).to_string(),
            _ => format!("\\x{byte:02x}"),
        };
        letters.iter().map(shown).collect()
    }
}

/// The bytes of the field that begins at `at`: as many as the number has that is made of them.
fn field<const N: usize>(bytes: &[u8; SIZE], at: usize) -> [u8; N] {
    array::from_fn(|index| bytes[at + index])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An answer that has another number in each field.
    const ANSWER: Packet = Packet {
        leap: 1,
        version: 4,
        mode: 4,
        stratum: 2,
        poll: 6,
        precision: -20,
        root_delay: 0x0001_0203,
        root_dispersion: 0x0405_0607,
        reference_id: [192, 0, 2, 1],
        reference: Timestamp(0x1011_1213_1415_1617),
        origin: Timestamp(0x2021_2223_2425_2627),
        receive: Timestamp(0x3031_3233_3435_3637),
        transmit: Timestamp(0x4041_4243_4445_4647),
    };

    #[test]
    fn each_field_stands_where_the_table_says() {
        let bytes = ANSWER.pack();
        assert_eq!(bytes[..4], [0b01_100_100, 2, 6, 0xec]);
        assert_eq!(bytes[4..12], [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(bytes[12..16], [192, 0, 2, 1]);
        for (at, first) in [(16, 0x10), (24, 0x20), (32, 0x30), (40, 0x40)] {
            assert!((first..).take(8).eq(bytes[at..at + 8].iter().copied()));
        }
        assert_eq!(Packet::unpack(&bytes), Some(ANSWER));
    }

    #[test]
    fn a_reference_is_a_name_or_an_address() {
        assert_eq!(ANSWER.reference_name(), "192.0.2.1");
        let named = |id: &[u8; 4]| Packet {
            stratum: 1,
            reference_id: *id,
            ..ANSWER
        };
        assert_eq!(named(b"GPS\0").reference_name(), "GPS");
        assert_eq!(named(b"\0\x1b[m").reference_name(), "\\x00\\x1b[m");
        assert_eq!(named(&[0; 4]).reference_name(), "");
    }

    proptest! {
        #[test]
        fn any_48_bytes_are_a_packet_and_come_back(bytes: [u8; SIZE], more: Vec<u8>) {
            let packet = Packet::unpack(&[&bytes, &more[..]].concat()).unwrap();
            prop_assert_eq!(packet.pack(), bytes);
        }

        #[test]
        fn fewer_are_none(bytes in proptest::collection::vec(any::<u8>(), 0..SIZE)) {
            prop_assert_eq!(Packet::unpack(&bytes), None);
        }
    }
}
