//! What `self.request` is in a handler of Python's `socketserver`.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::experiment::report::{Steps, Verdict};
use crate::experiment::{Experiment, interpreter};

/// A socket for TCP; data and socket for UDP.
pub struct SocketserverRequest;

/// What the handlers of the installed Python were given.
#[derive(Debug, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each answers a question of its own"
)]
pub struct Seen {
    /// The type of `self.request` under TCP.
    pub tcp_request: String,
    /// Whether `self.client_address` was the client's address there.
    pub tcp_address_is_the_clients: bool,
    /// The type of `self.request` under UDP.
    pub udp_request: String,
    /// The types of its elements.
    pub udp_elements: Vec<String>,
    /// Whether its socket was the server's own.
    pub udp_socket_is_the_servers: bool,
    /// Whether `self.client_address` was the client's address there.
    pub udp_address_is_the_clients: bool,
    /// Whether each of two TCP clients was handled by a thread of its own.
    pub a_thread_for_each_client: bool,
    /// Whether each of two datagrams was, at the same time.
    pub a_thread_for_each_datagram: bool,
}

const SCRIPT: &str = "
import json, socket, socketserver, threading
seen, handled, threads, both = {}, threading.Semaphore(0), [], threading.Barrier(2)
class Tcp(socketserver.BaseRequestHandler):
    def handle(self):
        threads.append(threading.get_ident())
        seen['tcp'] = (type(self.request).__name__, self.client_address)
        handled.release()
        self.request.recv(1)
class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        both.wait(10)
        threads.append(threading.get_ident())
        seen['udp'] = (self.request, self.client_address)
        both.wait(10)
        handled.release()
tcp = socketserver.ThreadingTCPServer(('127.0.0.1', 0), Tcp)
udp = socketserver.ThreadingUDPServer(('127.0.0.1', 0), Udp)
for server in tcp, udp:
    threading.Thread(target=server.serve_forever, daemon=True).start()
clients = []
for _ in range(2):
    clients.append(socket.create_connection(tcp.server_address))
    assert handled.acquire(timeout=10)
datagrams = socket.socket(type=socket.SOCK_DGRAM)
datagrams.bind(('127.0.0.1', 0))
for _ in range(2):
    datagrams.sendto(b'hello', udp.server_address)
assert handled.acquire(timeout=20) and handled.acquire(timeout=20)
request, address = seen['udp']
print(json.dumps({
    'tcp_request': seen['tcp'][0],
    'tcp_address_is_the_clients': seen['tcp'][1] == clients[1].getsockname(),
    'udp_request': type(request).__name__,
    'udp_elements': [type(element).__name__ for element in request],
    'udp_socket_is_the_servers': request[1] is udp.socket,
    'udp_address_is_the_clients': address == datagrams.getsockname(),
    'a_thread_for_each_client': len(set(threads[:2])) == 2,
    'a_thread_for_each_datagram': len(set(threads[2:])) == 2,
}), flush=True)
for client in clients:
    client.close()
tcp.shutdown()
udp.shutdown()
";

impl Experiment for SocketserverRequest {
    const NAME: &'static str = "socketserver-request";
    const CLAIM: &'static str =
        "in socketserver, self.request is the socket under TCP, and (data, socket) under UDP";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("let Python run a threading server of each kind, and look inside the handlers");
        interpreter::ask(SCRIPT, &[])
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.tcp_request == "socket"
                && seen.udp_elements == ["bytes", "socket"]
                && seen.a_thread_for_each_datagram,
            "and self.client_address is the client's address in both; the UDP socket is the \
             server's own, shared by all handlers, which run at the same time",
            "this Python gives its handlers something else",
        )
    }
}
