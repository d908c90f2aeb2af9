"""Receives one message whose size stands before it, and prints it in pieces of 1024 bytes.

    python3 echo-tcp/python/framed_client.py

It reads exactly as much as the header says; what came with it in one segment or apart makes no difference.

Rust: echo-tcp/src/bin/framed-client.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, header, net

START = "python3 echo-tcp/python/framed_server.py"

PIECE = 1024
"""The most that is received and printed at a time, in bytes."""


def main():
    args = flags.tcp_client(flags.parser(__doc__), 8080).parse_args()

    def connect(family, server):
        # (1) socket
        sock = socket.socket(family, socket.SOCK_STREAM)
        # (2) connect
        sock.connect(server)
        return sock

    conn, server = net.first_of(args, START, connect)
    with console.context(f"cannot receive from {net.shown(server)}"):
        # (3) recv: the header's length in 4 bytes, then the header
        fields = header.read_json(conn)
        if fields is None:
            raise console.Failure("the peer closed without a message: is it the right server?")
        size = header.size(fields, "size")
        # (4) recv: the body, exactly as many bytes as the header says
        received = 0
        while received < size:
            piece, wanted = b"", min(size - received, PIECE)
            # One recv may give less than is asked for: again, until the piece is complete.
            while len(piece) < wanted:
                data = conn.recv(wanted - len(piece))
                if not data:
                    raise console.Failure(f"the peer closed after {received} of {size} bytes of the body")
                piece += data
                received += len(data)
            console.print_line(repr(piece))
    # (5) close
    conn.close()


if __name__ == "__main__":
    console.main(main)
