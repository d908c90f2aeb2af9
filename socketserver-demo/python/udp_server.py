"""Sends each datagram back in capitals, each from a thread of its own, and each once.

    python3 socketserver-demo/python/udp_server.py

The request is the datagram. A handler that loops, as the lesson's does, answers it for ever.

Rust: socketserver-demo/src/bin/udp-server.rs
"""

import socketserver
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

from careful_servers import ThreadingUDPServer


def main():
    parser = flags.udp_server(flags.parser(__doc__), 8080)
    parser.add_argument(
        "--request", action="store_true", help="print the whole request: the datagram and the server's socket"
    )
    args = parser.parse_args()
    # (1) socket, bind
    server = ThreadingUDPServer(args, Echo)
    server.whole_request = args.request
    # (2) recvfrom: each datagram gets a handler, in a thread
    server.serve_forever()


class Echo(socketserver.BaseRequestHandler):
    """Answers one datagram."""

    def handle(self):
        data, sock = self.request
        console.print_line(repr(self.request if self.server.whole_request else data))
        with net.or_warn("cannot send to", self.client_address):
            # (3) sendto
            sock.sendto(data.upper(), self.client_address)


if __name__ == "__main__":
    console.main(main)
