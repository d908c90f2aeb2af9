"""Confirms each datagram with a fixed text.

    python3 echo-udp/python/ack_server.py

UDP confirms nothing; a program that needs to know must answer by itself.

Rust: echo-udp/src/bin/ack-server.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net


def main():
    args = flags.udp_server(flags.parser(__doc__), 8001).parse_args()
    family, address = net.resolve(args.host, args.port, socket.SOCK_DGRAM)
    # (1) socket
    sock = socket.socket(family, socket.SOCK_DGRAM)
    with net.or_cannot_listen(sock, address):
        # (2) bind
        sock.bind(address)
    sock = net.BoundSocket(sock)
    while True:
        # (3) recvfrom: an empty datagram arrives too, with its sender's address
        message, peer = sock.recvfrom(net.BUFFER_SIZE)
        console.print_line(f"data= {message},add = {peer}")
        with net.or_warn("cannot send to", peer):
            # (4) sendto
            sock.sendto("恭喜您传输成功".encode(), peer)


if __name__ == "__main__":
    console.main(main)
