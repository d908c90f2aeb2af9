//! The book: every checkable sentence of the five lessons, and the experiment that checks it.
//!
//! The lessons are numbered 000 to 004; the table in the main README tells which program is from
//! which. What several of them say is listed for each. A sentence that a program can't check is in `LEFT_OUT`, with the
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
    says("000", "UDP has no connection, whichever end starts first gets no error", "udp-needs-no-server"),
    says("000", "a UDP server has no loop for connections, only one for messages", "udp-many-peers"),
    says("000", "a UDP client needs no bind", "socket-addresses"),
    says("000", "UDP can send nothing", "udp-sends-nothing"),
    says("000", "an empty datagram is not quite empty: address and port come along", "udp-sends-nothing"),
    says("000", "on TCP sends and receives are not one to one", "tcp-sticks"),
    says("000", "on UDP sends and receives are one to one, datagrams are whole", "udp-keeps-boundaries"),
    says("000", "SO_REUSEADDR is set on the chat server's UDP socket", "reuseaddr-on-udp"),
    says("000", "listen(backlog) gives the size of the pool of connections", "backlog"),
    says("000", "TCP: the server must run first, then the client asks to connect", "tcp-needs-a-server"),
    says("000", "macOS, Linux: when the client has gone, the server's recv blocks", "tcp-peer-leaves"),
    says("000", "macOS, Linux: the loop receives empty for ever; break on empty", "tcp-peer-leaves"),
    says("000", "Windows: when one end leaves, the other gets an error; catch it", "tcp-peer-leaves-on-windows"),
    says("000", "TCP is slower than UDP", "udp-is-quicker"),
    says("000", "TCP is a stream and sticks", "tcp-sticks"),
    says("000", "TCP cannot send nothing", "udp-sends-nothing"),
    says("000", "TCP suits data that must arrive: commands, downloads", "lossy-tcp"),
    says("000", "UDP needs no listen, and has no pool of connections", "udp-many-peers"),
    says("000", "sendto does not care whether a server runs; the data may be lost", "udp-needs-no-server"),
    says("000", "macOS, Linux: a recvfrom smaller than the datagram loses data", "udp-truncates"),
    says("000", "Windows: a datagram larger than recvfrom's size is an error", "udp-truncates-on-windows"),
    says("000", "where one end only sends and the other never receives, data is lost", "udp-overflows"),
    says("000", "UDP does not stick", "udp-keeps-boundaries"),
    says("000", "UDP is unsafe: more than 1,024 bytes may be lost", "udp-largest"),
    says("000", "UDP is unsafe: where the network fails, data is gone", "lossy-udp"),
    says("000", "UDP suits queries (time, names): quick, and sometimes lost", "udp-is-quicker"),
    says("000", "a command arrives as one recv(8096)", "tcp-sticks"),
    says("000", "a server that received nothing goes on and receives again", "tcp-peer-leaves"),
    says("000", "recv of the announced length returns the whole header", "recv-is-partial"),
    says("000", "the header's length is four bytes, struct.pack('i')", "endianness"),
    says("000", "a file is sent by reading a line and sending the line", "line-by-line"),
    says("000", "an exception tells that the client has gone", "tcp-peer-leaves"),
    says("000", "pickle turns a header into bytes, no JSON and encode needed", "pickle-runs-code"),
    says("000", "a server without SO_REUSEADDR can be switched to reuse its address", "time-wait"),
    // 001: architecture, layers, ports, the functions of a socket, sticking, socketserver
    says("001", "to communicate there must be a physical medium", "no-network-card"),
    says("001", "to communicate there must be a standard that both keep: a protocol", "endianness"),
    says("001", "every machine on the Internet must have a network card", "no-network-card"),
    says("001", "data travels in frames, packets and segments, layer in layer", "udp-header"),
    says("001", "the transport layer, TCP and UDP, works with ports", "ports"),
    says("001", "a port identifies one communicating program on a computer", "ports"),
    says("001", "ports go from 0 to 65535 and are given out dynamically", "ports"),
    says("001", "0 to 1024 are the operating system's", "privileged-ports"),
    says("001", "Flask has port 5000, Django 8000, MySQL 3306, Redis 6379", "default-ports"),
    says("001", "TCP is a stream, and reliable", "lossy-tcp"),
    says("001", "three-way handshake, four-way farewell", "handshake-and-farewell"),
    says("001", "UDP needs no connection in both directions", "udp-needs-no-server"),
    says("001", "UDP is unreliable, packets can be lost", "lossy-udp"),
    says("001", "UDP is quick", "udp-is-quicker"),
    says("001", "what UDP sends is not kept in memory", "udp-keeps-no-copy"),
    says("001", "a server makes its socket, binds, listens, and blocks in accept", "connect-before-accept"),
    says("001", "a client makes its socket and connects to the server", "connect-before-accept"),
    says("001", "question and answer go over one connection, then it is closed", "handshake-and-farewell"),
    says("001", "bind gives the socket its host and port", "socket-addresses"),
    says("001", "listen starts TCP's listening", "connect-before-accept"),
    says("001", "accept takes a TCP client's connection, waiting for it", "connect-before-accept"),
    says("001", "connect begins a connection to a TCP server", "handshake-and-farewell"),
    says("001", "connect_ex returns an error code where connect raises", "connect-ex"),
    says("001", "recv receives TCP's data, recvfrom UDP's", "any-call-on-any-socket"),
    says("001", "send loses what its buffer has no room for", "send-is-partial"),
    says("001", "sendall calls send in a loop, and loses nothing", "sendall-loops"),
    says("001", "send and sendto: the one for TCP, the other for UDP", "any-call-on-any-socket"),
    says("001", "getpeername is the remote end's address", "socket-addresses"),
    says("001", "getsockname is the socket's own address", "socket-addresses"),
    says("001", "getsockopt returns a socket's option, setsockopt sets it", "socket-options"),
    says("001", "close closes the socket", "tcp-peer-leaves"),
    says("001", "a receive has a fixed size, 1,024 bytes", "recv-is-partial"),
    says("001", "recv waits (blocks) for a message", "select-two"),
    says("001", "a length of 0 must end the loop, or recv spins when the client leaves", "tcp-peer-leaves"),
    says("001", "a client that breaks off raises ConnectionResetError", "tcp-peer-leaves"),
    says("001", "the accept loop serves one client after another", "one-at-a-time"),
    says("001", "only TCP sticks, since it is a stream", "udp-keeps-boundaries"),
    says("001", "sticking is cured by telling the size first", "framing-unsticks"),
    says("001", "struct makes the protocol for that: header, dictionary, data", "framing-unsticks"),
    says("001", "header length, header and content are sent one after another", "nagle-and-delayed-ack"),
    says("001", "a file's content is sent line by line", "line-by-line"),
    says("001", "a UDP client may send nothing", "udp-sends-nothing"),
    says("001", "UDP does not stick", "udp-keeps-boundaries"),
    says("001", "where there is no UDP server the client gets no error", "udp-needs-no-server"),
    says("001", "UDP supports concurrency", "udp-many-peers"),
    says("001", "every UDP message carries a datagram header", "udp-header"),
    says("001", "a UDP server needs neither listen nor connections", "udp-many-peers"),
    says("001", "a UDP server can only wait passively for a message", "udp-server-speaks-first"),
    says("001", "the client must give the server's address when it sends", "udp-connect"),
    says("001", "the server must give the client's address when it answers", "udp-connect"),
    says("001", "in socketserver self.request is what accept's connection is", "socketserver-request"),
    says("001", "ThreadingTCPServer serves clients concurrently", "one-at-a-time"),
    // 002: the socket module, the telephone, TIME_WAIT, UDP
    says("002", "the family can be AF_UNIX or AF_INET", "socket-kinds"),
    says("002", "the type can be SOCK_STREAM or SOCK_DGRAM", "socket-kinds"),
    says("002", "the protocol is mostly left out, and is 0 then", "socket-kinds"),
    says("002", "AF_INET with SOCK_STREAM is TCP, with SOCK_DGRAM it is UDP", "socket-kinds"),
    says("002", "from socket import * brings all of the module's attributes", "import-star"),
    says("002", "bind gives the socket its host and port", "socket-addresses"),
    says("002", "listen starts listening, accept waits for the connection", "connect-before-accept"),
    says("002", "connect begins a connection to a TCP server", "handshake-and-farewell"),
    says("002", "connect_ex returns an error code where connect raises", "connect-ex"),
    says("002", "send loses what its buffer has no room for", "send-is-partial"),
    says("002", "sendall calls send in a loop, and loses nothing", "sendall-loops"),
    says("002", "recv is for TCP, recvfrom and sendto are for UDP", "any-call-on-any-socket"),
    says("002", "getpeername, getsockname: the remote address, the own one", "socket-addresses"),
    says("002", "getsockopt, setsockopt: read and set an option", "socket-options"),
    says("002", "close closes the socket", "tcp-peer-leaves"),
    says("002", "setblocking makes a socket block or not", "timeouts-and-blocking"),
    says("002", "settimeout limits a call's time, gettimeout tells the limit", "timeouts-and-blocking"),
    says("002", "fileno is the socket's descriptor", "socket-is-a-file"),
    says("002", "makefile makes a file that belongs to the socket", "socket-is-a-file"),
    says("002", "TCP: start the server first, then the client", "tcp-needs-a-server"),
    says("002", "closing the server's socket at the end is optional", "close-is-optional"),
    says("002", "listen(5) sets how many calls can come in at a time", "backlog"),
    says("002", "accept gives the client's address too", "socket-addresses"),
    says("002", "when the client breaks off, try and except end the loop", "tcp-peer-leaves"),
    says("002", "recv(1024) sets the data received to 1,024 bytes", "recv-is-partial"),
    says("002", "socket() without arguments is AF_INET and SOCK_STREAM", "python-sockets"),
    says("002", "what is sent must be bytes", "python-sockets"),
    says("002", "what is received is bytes, to be decoded", "python-sockets"),
    says("002", "a restart may fail: a TIME_WAIT still occupies the address", "time-wait"),
    says("002", "a SYN flood is an attack on a server", "syn-flood"),
    says("002", "under many connections a server has many TIME_WAITs", "many-time-waits"),
    says("002", "SO_REUSEADDR, set before bind, reuses the address", "time-wait"),
    says("002", "UDP has no connection, either end may start first", "udp-needs-no-server"),
    says("002", "sendto must be given the address", "udp-connect"),
    // 003: UDP, socketserver
    says("003", "UDP is unreliable", "lossy-udp"),
    says("003", "the UDP header has 8 bytes", "udp-header"),
    says("003", "a datagram is at most 65,535 bytes and fits into one IP packet", "udp-largest"),
    says("003", "on the wire: Ethernet header, IP header, UDP header, data", "udp-header"),
    says("003", "TCP is a stream", "tcp-sticks"),
    says("003", "what is sent once is received once", "udp-keeps-boundaries"),
    says("003", "the client just sends, whether or not the server answers", "udp-needs-no-server"),
    says("003", "UDP has no connection, either end may start first", "udp-needs-no-server"),
    says("003", "recvfrom returns the data and the sender's address", "udp-forged-sender"),
    says("003", "a message is sent to an address, an answer to the client's", "udp-connect"),
    says("003", "a UDP client may be written with SOCK_STREAM (as printed)", "any-call-on-any-socket"),
    says("003", "socketserver makes concurrency possible", "one-at-a-time"),
    says("003", "TCP: self.request is a socket, client_address the client's", "socketserver-request"),
    says("003", "over UDP, too, socketserver makes concurrency possible", "socketserver-request"),
    says("003", "UDP: self.request is a pair, data and the server's socket", "socketserver-request"),
    // 004: handshake, farewell, one message, frames
    says("004", "TCP is connected, reliable, a stream of bytes", "lossy-tcp"),
    says("004", "three-way handshake, four-way farewell", "handshake-and-farewell"),
    says("004", "the client says goodbye first, the server confirms", "handshake-and-farewell"),
    says("004", "then the server receives nothing more, but finishes sending", "half-close"),
    says("004", "the client then waits for a time before it is closed", "time-wait"),
    says("004", "if the server's FIN comes again, the client confirms it again", "lost-farewell"),
    says("004", "UDP is connectionless and unreliable, made for transactions", "udp-is-quicker"),
    says("004", "only TCP sticks, UDP never does", "udp-keeps-boundaries"),
    says("004", "sticking comes from not knowing where messages end", "tcp-sticks"),
    says("004", "a header with the size gives a stream a datagram's boundaries", "framing-unsticks"),
    says("004", "the header's length always has four bytes", "endianness"),
    says("004", "recv(4) returns four bytes, recv(1024) as many as asked", "recv-is-partial"),
    says("004", "header length, header and data are sent one after another", "nagle-and-delayed-ack"),
];

/// Sentences that no program on this machine can check, and why: lesson, sentence, reason.
#[rustfmt::skip]
pub(crate) static LEFT_OUT: &[(&str, &str, &str)] = &[
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
pub(crate) fn checked_by(experiment: &str) -> Vec<&'static Sentence> {
    SENTENCES
        .iter()
        .filter(|sentence| sentence.experiment == experiment)
        .collect()
}
