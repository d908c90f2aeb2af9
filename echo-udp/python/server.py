"""Sends each datagram back in capitals, to whoever sent it.

    python3 echo-udp/python/server.py

One socket serves all clients: each datagram carries its sender's address.

Rust: echo-udp/src/bin/server.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net


def main():
    args = flags.udp_server(flags.parser(__doc__), 8888).parse_args()
    family, address = net.resolve(args.host, args.port, socket.SOCK_DGRAM)
    # (1) socket
    sock = socket.socket(family, socket.SOCK_DGRAM)
    with net.or_cannot_listen(sock, address):
        # (2) bind
        sock.bind(address)
    sock = net.BoundSocket(sock)
    while True:
        # (3) recvfrom
        message, peer = sock.recvfrom(net.BUFFER_SIZE)
        console.print_line(repr(message))
        with net.or_warn("cannot send to", peer):
            # (4) sendto
            sock.sendto(message.upper(), peer)


if __name__ == "__main__":
    console.main(main)
