"""Receives one message whose size stands before it, and prints it in pieces of 1024 bytes.

    python3 echo-tcp/python/framed_client.py

It reads exactly as much as the header says; what came with it in one segment or apart makes no difference.

Rust: echo-tcp/src/bin/framed-client.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, header, net

START = "python3 echo-tcp/python/framed_server.py"
PIECE = 1024
"""The most that is received and printed at a time, in bytes."""


def main():
    args = flags.tcp_client(flags.parser(__doc__), 8080).parse_args()
    # (1) socket, connect
    conn, server = net.connect_tcp(args, START)
    with console.context("cannot receive from {}".format(net.shown(server))):
        receive(conn)
    # (4) close
    conn.close()


def receive(conn):
    # (2) recv: the header's length in 4 bytes, then the header
    fields = header.read_json(conn)
    if fields is None:
        raise console.Failure("the peer closed without a message: is it the right server?")
    size = header.size(fields, "size")
    # (3) recv: the body, exactly as many bytes as the header says
    received = 0
    while received < size:
        piece = header.fill(conn, min(size - received, PIECE))
        if not piece:
            raise console.Failure("the peer closed after {} of {} bytes of the body".format(received, size))
        console.say(repr(piece))
        received += len(piece)


if __name__ == "__main__":
    console.main(main)
