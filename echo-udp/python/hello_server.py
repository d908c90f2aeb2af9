"""Receives one greeting, answers hello, and ends.

    python3 echo-udp/python/hello_server.py

Rust: echo-udp/src/bin/hello-server.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net


def main():
    args = flags.udp_server(flags.parser(__doc__), 8080).parse_args()
    family, address = net.resolve(args.host, args.port, socket.SOCK_DGRAM)
    # (1) socket
    sock = socket.socket(family, socket.SOCK_DGRAM)
    with net.or_cannot_listen(sock, address):
        # (2) bind
        sock.bind(address)
    sock = net.BoundSocket(sock)
    # (3) recvfrom
    message, peer = sock.recvfrom(net.BUFFER_SIZE)
    console.print_line(console.decode_printable(message))
    with net.or_warn("cannot send to", peer):
        # (4) sendto: the datagram brought the address to answer to
        sock.sendto(b"hello", peer)
    # (5) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
