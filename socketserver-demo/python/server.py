"""Sends back in capitals what each client sends, each client in a thread of its own.

    python3 socketserver-demo/python/server.py

The handler is all that is written here: socketserver does the rest.

Rust: socketserver-demo/src/bin/server.rs
"""

import socketserver
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags

from careful_servers import REQUEST_QUEUE_SIZE, ThreadingTCPServer


def main():
    parser = flags.tcp_server(flags.parser(__doc__), 8081, REQUEST_QUEUE_SIZE)
    parser.add_argument("--text", action="store_true", help="print what comes as text, not as a bytes object")
    args = parser.parse_args()
    # (1) socket, setsockopt SO_REUSEADDR, bind, listen
    server = ThreadingTCPServer(args, Echo)
    server.text = args.text
    # (2) accept: each connection gets a handler, in a thread
    server.serve_forever()


class Echo(socketserver.BaseRequestHandler):
    """Talks to one client."""

    def handle(self):
        while True:
            # (3) recv: what has come so far; nothing at a hang-up
            try:
                message = self.request.recv(4096)
            except ConnectionResetError:
                break
            if not message:
                break
            if self.server.text:
                console.print_line(console.decode_printable(message))
            else:
                console.print_line(repr(message))
            # (4) sendall
            self.request.sendall(message.upper())
        # (5) close: shutdown_request, when the handler has returned


if __name__ == "__main__":
    console.main(main)
