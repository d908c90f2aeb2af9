"""The threading servers of Python's socketserver, with what the standard ones lack.

    defect of the standard server                       cure
    a backlog of 5: a crowd waits for seconds           request_queue_size is the --backlog, 4096 by default
    no SO_REUSEADDR: a restart fails for a minute       allow_reuse_address
    no descriptor left: serve_forever spins             get_request keeps one in reserve (net.Listener)
    an error in a handler prints a stack trace          handle_error prints one line
    as many threads as the peers like                   process_request refuses beyond max_threads
    datagrams are cut after 8192 bytes                  max_packet_size
    a datagram with a false sender, the server itself,  verify_request passes it over
    is answered to itself for ever
    a restart with a bad address prints a stack trace   server_bind says what to do

The hooks are those of the Rust library, socketserver-demo/src, where all this is built in.
"""

import socket
import socketserver
import sys
import threading

from common import console, flags, net


REQUEST_QUEUE_SIZE = 4096
"""How many connections wait by default until they are accepted: as many as Linux allows."""


class _Careful:
    """What the two servers have in common. A mix-in: it comes first."""

    daemon_threads = True  # Ctrl-C does not wait for the clients
    max_threads = 15000

    def server_bind(self):
        with net.or_cannot_listen(self.socket, self.server_address):
            super().server_bind()  # setsockopt SO_REUSEADDR, bind

    def process_request(self, request, client_address):
        if threading.active_count() > self.max_threads:
            raise console.Failure(f"refused, no thread can be started: {self.max_threads} are running")
        super().process_request(request, client_address)

    def handle_error(self, request, client_address):
        console.warn(f"{net.shown(client_address)}: {console.reason(sys.exc_info()[1])}")


class ThreadingTCPServer(_Careful, socketserver.ThreadingTCPServer):
    """Serves TCP connections, each in a thread of its own, as the flags of flags.tcp_server() say."""

    def __init__(self, args, handler_class):
        self.request_queue_size = args.backlog
        self.allow_reuse_address = flags.reuse_address(args)
        self.address_family, address = net.resolve(args.host, args.port, socket.SOCK_STREAM)
        with net.or_say("cannot make a socket for", address):
            super().__init__(address, handler_class)

    def server_activate(self):
        with net.or_cannot_listen(self.socket, self.server_address):
            super().server_activate()  # listen
        self.listener = net.Listener(self.socket)

    def get_request(self):
        return self.listener.accept()


class ThreadingUDPServer(_Careful, socketserver.ThreadingUDPServer):
    """Serves UDP datagrams, each in a thread of its own, as the flags of flags.udp_server() say."""

    max_packet_size = net.BUFFER_SIZE
    max_threads = 2000  # of the longest datagrams they hold 130 MB

    def __init__(self, args, handler_class):
        self.address_family, address = net.resolve(args.host, args.port, socket.SOCK_DGRAM)
        with net.or_say("cannot make a socket for", address):
            super().__init__(address, handler_class)

    def server_activate(self):
        net.ready("udp", self.server_address)

    def verify_request(self, request, client_address):
        return not net.is_own(client_address, self.server_address)
