"""Sends each text back in capitals, in frames, to all clients at once.

    python3 socketserver-demo/python/framed_server.py

Each answer is one write: three small ones would cost 40 ms (Nagle's algorithm against delayed acknowledgement).

Rust: socketserver-demo/src/bin/framed-server.rs
"""

import socketserver
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags

import frame
from careful_servers import REQUEST_QUEUE_SIZE, ThreadingTCPServer

MAX_THREADS = 2000
"""How many clients may be here at a time. Of the longest texts, each stalled before its end, they hold 2 GB."""


def main():
    args = flags.tcp_server(flags.parser(__doc__), 8080, REQUEST_QUEUE_SIZE).parse_args()
    # (1) socket, setsockopt SO_REUSEADDR, bind, listen
    server = ThreadingTCPServer(args, FramedEcho)
    server.max_threads = MAX_THREADS
    # (2) accept: each connection gets a handler, in a thread
    server.serve_forever()


class FramedEcho(socketserver.BaseRequestHandler):
    """Talks to one client, for as long as it stays."""

    def handle(self):
        # (3) recv: a frame, or nothing at a hang-up
        while (text := frame.read(self.request)) is not None:
            console.print_line(f"收到客户端消息 {console.escape_controls(text)}")
            # (4) sendall: a frame
            self.request.sendall(frame.pack(text.upper()))
        # (5) close: shutdown_request, when the handler has returned


if __name__ == "__main__":
    console.main(main)
