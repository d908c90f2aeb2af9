//! The book: every checkable sentence of the five lessons, and the experiment that checks it.
//!
//! The lessons are numbered 000 to 004, as in the table of the programs. What several of them
//! say is listed for each. A sentence that a program can't check is in [`LEFT_OUT`], with the
//! reason.

use serde::Serialize;

/// A sentence of a lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// The lesson's number, `000` to `004`.
    pub document: &'static str,
    /// What it says, in our own words.
    pub says: &'static str,
    /// The experiment that shows whether it is so.
    #[serde(skip)]
    pub experiment: &'static str,
}

const fn says(document: &'static str, says: &'static str, experiment: &'static str) -> Sentence {
    Sentence {
        document,
        says,
        experiment,
    }
}

/// All of them, in the order in which the lessons say them.
#[rustfmt::skip]
pub static SENTENCES: &[Sentence] = &[
    // 000: UDP programs, the two protocols compared, file transfer
    says("000", "on TCP sends and receives are not one to one", "tcp-sticks"),
    says("000", "TCP is a stream and sticks", "tcp-sticks"),
    says("000", "recv of the announced length returns the whole header", "recv-is-partial"),
    says("000", "the header's length is four bytes, struct.pack('i')", "endianness"),
    says("000", "a file is sent by reading a line and sending the line", "line-by-line"),
    // 001: architecture, layers, ports, the functions of a socket, sticking, socketserver
    says("001", "send loses what its buffer has no room for", "send-is-partial"),
    says("001", "sendall calls send in a loop, and loses nothing", "sendall-loops"),
    says("001", "a receive has a fixed size, 1,024 bytes", "recv-is-partial"),
    says("001", "sticking is cured by telling the size first", "framing-unsticks"),
    says("001", "struct makes the protocol for that: header, dictionary, data", "framing-unsticks"),
    says("001", "header length, header and content are sent one after another", "nagle-and-delayed-ack"),
    says("001", "a file's content is sent line by line", "line-by-line"),
    // 002: the socket module, the telephone, TIME_WAIT, UDP
    says("002", "send loses what its buffer has no room for", "send-is-partial"),
    says("002", "sendall calls send in a loop, and loses nothing", "sendall-loops"),
    says("002", "recv(1024) sets the data received to 1,024 bytes", "recv-is-partial"),
    // 003: UDP, socketserver
    // 004: handshake, farewell, one message, frames
    says("004", "sticking comes from not knowing where messages end", "tcp-sticks"),
    says("004", "a header with the size gives a stream a datagram's boundaries", "framing-unsticks"),
    says("004", "the header's length always has four bytes", "endianness"),
    says("004", "recv(4) returns four bytes, recv(1024) as many as asked", "recv-is-partial"),
    says("004", "header length, header and data are sent one after another", "nagle-and-delayed-ack"),
];

/// Sentences that no program on this machine can check, and why: lesson, sentence, reason.
#[rustfmt::skip]
pub static LEFT_OUT: &[(&str, &str, &str)] = &[
    ("000", "UDP suits QQ", "advice; what QQ does is its maker's secret"),
    ("001", "QQ uses UDP", "it would take QQ, and a capture of what it sends"),
    ("001", "C/S and B/S are client and browser against server", "a definition"),
    ("001", "a server serves day and night, a client when it needs something", "a definition"),
    ("001", "there are seven layers", "a model; udp-header shows the four that are on the wire"),
    ("001", "the physical layer sends 0 and 1 as high and low voltage", "it would take an oscilloscope"),
    ("001", "Ethernet works by shouting", "it would take a shared cable, which no one has any more"),
    ("001", "our own programs' ports should be above 8000", "advice"),
    ("002", "a socket is like a telephone", "a picture"),
];

/// The sentences that an experiment checks.
#[must_use]
pub fn checked_by(experiment: &str) -> Vec<&'static Sentence> {
    SENTENCES
        .iter()
        .filter(|sentence| sentence.experiment == experiment)
        .collect()
}
