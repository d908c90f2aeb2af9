"""Receives three datagrams, prints each as it was sent, and ends.

    python3 echo-udp/python/boundaries_server.py

Three sends are three receives, whatever the time between them: a stream would glue them together.

Rust: echo-udp/src/bin/boundaries-server.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net


def main():
    args = flags.udp_server(flags.parser(__doc__), 8081).parse_args()
    family, address = net.resolve(args.host, args.port, socket.SOCK_DGRAM)
    # (1) socket
    sock = socket.socket(family, socket.SOCK_DGRAM)
    with net.or_cannot_listen(sock, address):
        # (2) bind
        sock.bind(address)
    sock = net.BoundSocket(sock)
    for _ in range(3):
        # (3) recvfrom: one datagram, whole
        message, peer = sock.recvfrom(net.BUFFER_SIZE)
        console.print_line(f"({message}, {peer})")
    # (4) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
