//! What Python has as class attributes of its servers.

use std::time::Duration;

use common::net::datagram_buffer;

/// How a server sets up its socket. Change what should differ from Python's defaults, or from ours:
///
/// ```
/// use socketserver_demo::ServerOptions;
///
/// let options = ServerOptions {
///     request_queue_size: 5,
///     ..ServerOptions::for_streams()
/// };
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ServerOptions {
    /// How many connections may wait until the server accepts them: the backlog of `listen`.
    ///
    /// Python's 5 is too few for a crowd: who finds the queue full is not told, and tries again
    /// after a second, then two, then four. The system clamps the number to what it allows (on
    /// Linux `/proc/sys/net/core/somaxconn`, 4096), which is the default here. Of no use to
    /// datagram servers.
    pub request_queue_size: i32,

    /// Sets SO_REUSEADDR.
    ///
    /// Stream servers: yes, so that a restarted server gets its port at once. (Python says no, and
    /// the restart fails for a minute.) Datagram servers: no, as in Python. They have nothing to
    /// wait for, and with it a second server could take the datagrams of the first.
    pub allow_reuse_address: bool,

    /// Sets SO_REUSEPORT, where there is such a thing: several servers share one port and the
    /// system distributes the clients. Of no use to Unix sockets.
    pub allow_reuse_port: bool,

    /// The longest datagram in bytes; of a longer one the rest is lost. The default loses nothing
    /// of any UDP datagram (Python's: 8192 bytes). Of no use to stream servers.
    pub max_packet_size: usize,

    /// How long [`handle_request`](crate::BaseServer::handle_request) waits; `None` waits for ever.
    /// Nobody else heeds it.
    pub timeout: Option<Duration>,
}

impl ServerOptions {
    /// The defaults of stream servers.
    #[must_use]
    pub fn for_streams() -> Self {
        Self {
            request_queue_size: 4096,
            allow_reuse_address: true,
            allow_reuse_port: false,
            max_packet_size: datagram_buffer().len(),
            timeout: None,
        }
    }

    /// The defaults of datagram servers.
    #[must_use]
    pub fn for_datagrams() -> Self {
        Self {
            allow_reuse_address: false,
            ..Self::for_streams()
        }
    }
}
