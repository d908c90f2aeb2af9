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
    says("000", "listen(backlog) gives the size of the pool of connections", "backlog"),
    says("000", "TCP: the server must run first, then the client asks to connect", "tcp-needs-a-server"),
    says("000", "macOS, Linux: when the client has gone, the server's recv blocks", "tcp-peer-leaves"),
    says("000", "macOS, Linux: the loop receives empty for ever; break on empty", "tcp-peer-leaves"),
    says("000", "Windows: when one end leaves, the other gets an error; catch it", "tcp-peer-leaves-on-windows"),
    says("000", "TCP is a stream and sticks", "tcp-sticks"),
    says("000", "TCP suits data that must arrive: commands, downloads", "lossy-tcp"),
    says("000", "recv of the announced length returns the whole header", "recv-is-partial"),
    says("000", "the header's length is four bytes, struct.pack('i')", "endianness"),
    says("000", "a file is sent by reading a line and sending the line", "line-by-line"),
    says("000", "an exception tells that the client has gone", "tcp-peer-leaves"),
    says("000", "a server without SO_REUSEADDR can be switched to reuse its address", "time-wait"),
    // 001: architecture, layers, ports, the functions of a socket, sticking, socketserver
    says("001", "TCP is a stream, and reliable", "lossy-tcp"),
    says("001", "three-way handshake, four-way farewell", "handshake-and-farewell"),
    says("001", "a server makes its socket, binds, listens, and blocks in accept", "connect-before-accept"),
    says("001", "a client makes its socket and connects to the server", "connect-before-accept"),
    says("001", "question and answer go over one connection, then it is closed", "handshake-and-farewell"),
    says("001", "listen starts TCP's listening", "connect-before-accept"),
    says("001", "accept takes a TCP client's connection, waiting for it", "connect-before-accept"),
    says("001", "connect begins a connection to a TCP server", "handshake-and-farewell"),
    says("001", "send loses what its buffer has no room for", "send-is-partial"),
    says("001", "sendall calls send in a loop, and loses nothing", "sendall-loops"),
    says("001", "close closes the socket", "tcp-peer-leaves"),
    says("001", "a receive has a fixed size, 1,024 bytes", "recv-is-partial"),
    says("001", "a length of 0 must end the loop, or recv spins when the client leaves", "tcp-peer-leaves"),
    says("001", "a client that breaks off raises ConnectionResetError", "tcp-peer-leaves"),
    says("001", "the accept loop serves one client after another", "one-at-a-time"),
    says("001", "sticking is cured by telling the size first", "framing-unsticks"),
    says("001", "struct makes the protocol for that: header, dictionary, data", "framing-unsticks"),
    says("001", "header length, header and content are sent one after another", "nagle-and-delayed-ack"),
    says("001", "a file's content is sent line by line", "line-by-line"),
    says("001", "ThreadingTCPServer serves clients concurrently", "one-at-a-time"),
    // 002: the socket module, the telephone, TIME_WAIT, UDP
    says("002", "listen starts listening, accept waits for the connection", "connect-before-accept"),
    says("002", "send loses what its buffer has no room for", "send-is-partial"),
    says("002", "sendall calls send in a loop, and loses nothing", "sendall-loops"),
    says("002", "TCP: start the server first, then the client", "tcp-needs-a-server"),
    says("002", "closing the server's socket at the end is optional", "close-is-optional"),
    says("002", "listen(5) sets how many calls can come in at a time", "backlog"),
    says("002", "when the client breaks off, try and except end the loop", "tcp-peer-leaves"),
    says("002", "recv(1024) sets the data received to 1,024 bytes", "recv-is-partial"),
    says("002", "a restart may fail: a TIME_WAIT still occupies the address", "time-wait"),
    says("002", "a SYN flood is an attack on a server", "syn-flood"),
    says("002", "under many connections a server has many TIME_WAITs", "many-time-waits"),
    says("002", "SO_REUSEADDR, set before bind, reuses the address", "time-wait"),
    // 003: UDP, socketserver
    says("003", "socketserver makes concurrency possible", "one-at-a-time"),
    // 004: handshake, farewell, one message, frames
    says("004", "TCP is connected, reliable, a stream of bytes", "lossy-tcp"),
    says("004", "three-way handshake, four-way farewell", "handshake-and-farewell"),
    says("004", "the client says goodbye first, the server confirms", "handshake-and-farewell"),
    says("004", "then the server receives nothing more, but finishes sending", "half-close"),
    says("004", "the client then waits for a time before it is closed", "time-wait"),
    says("004", "if the server's FIN comes again, the client confirms it again", "lost-farewell"),
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
