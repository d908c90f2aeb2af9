//! What a trace is made of: what happened, on which side, in which order.

use std::net::SocketAddr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hexdump;
use crate::pairs::Side;

/// A conversation as it was seen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trace {
    /// The pair, as it is typed; for others' programs, what was listened to.
    pub program: String,
    /// Who was the server.
    pub server: String,
    /// Who was the client.
    pub client: String,
    /// How the packets were seen: `AF_PACKET`, or `relay`.
    pub packets_by: String,
    /// How the calls were seen: `strace`, or nothing.
    pub calls_by: Option<String>,
    /// What could not be seen, and what that would need.
    pub notes: Vec<String>,
    /// What happened, causes before their effects.
    pub events: Vec<Event>,
}

/// One thing that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// When, in nanoseconds since the first event.
    pub nanoseconds: u64,
    /// On which side; of a packet, the side that sent it.
    pub side: Side,
    /// The numbered step of the source that did it.
    pub step: Option<u32>,
    /// What it was.
    #[serde(flatten)]
    pub what: What,
}

/// What can happen.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// The program printed something.
    Printed {
        /// What, as it stands.
        text: String,
        /// Whether on stderr.
        stderr: bool,
    },
    /// Somebody typed something.
    Typed {
        /// What, as it stands.
        text: String,
    },
    /// A system call on a socket.
    Call(Call),
    /// A packet on the wire.
    Packet(Packet),
    /// The program has ended.
    Ended {
        /// How, in the words of strace: `exited with 0`.
        how: String,
    },
}

/// A system call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Call {
    /// Its name: `recvfrom`.
    pub name: String,
    /// What it was given, readable: `5, "hello", 65536`.
    pub arguments: String,
    /// What it returned: `5`, `-1 EPIPE (Broken pipe)`.
    pub result: String,
    /// How long it took, in nanoseconds.
    pub took: u64,
}

/// A packet, or what a relay saw in its place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Packet {
    /// From where.
    pub from: SocketAddr,
    /// To where.
    pub to: SocketAddr,
    /// What kind it is.
    #[serde(flatten)]
    pub kind: Kind,
    /// How many bytes it carries.
    pub length: usize,
    /// These bytes, as hexadecimal digits.
    #[serde(serialize_with = "hexadecimal", deserialize_with = "from_hexadecimal")]
    pub payload: Vec<u8>,
    /// What they mean: `length 84`, `JSON {…}`, `body: 30 bytes`.
    pub decoded: Vec<String>,
}

/// What kind of packet.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// A TCP segment (RFC 9293, section 3.1).
    Tcp {
        /// Its flags: `SYN ACK`.
        flags: String,
        /// Its sequence number, from the connection's first one.
        sequence: u32,
        /// What it acknowledges, from the connection's first one.
        acknowledgement: u32,
        /// The window it offers, in bytes, as the header has it.
        window: u16,
    },
    /// A UDP datagram (RFC 768).
    Udp,
    /// An ICMP message (RFC 792) about a datagram that could not be delivered.
    Icmp {
        /// What it says.
        says: String,
    },
    /// What a relay saw: `connects`, `data`, `closes`, `resets`.
    Relayed {
        /// Which.
        did: String,
    },
}

impl Packet {
    /// What it is in short: `SYN ACK`, `PSH ACK`, `datagram`.
    #[must_use]
    pub fn label(&self) -> &str {
        match &self.kind {
            Kind::Tcp { flags, .. } => flags,
            Kind::Udp => "datagram",
            Kind::Icmp { says } => says,
            Kind::Relayed { did } => did,
        }
    }
}

fn hexadecimal<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hexdump::digits(bytes))
}

fn from_hexadecimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let digits = String::deserialize(deserializer)?;
    let byte = |at| {
        digits
            .get(at..at + 2)
            .and_then(|two| u8::from_str_radix(two, 16).ok())
    };
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
    bytes.ok_or_else(|| serde::de::Error::custom("bytes are two hexadecimal digits each"))
}
