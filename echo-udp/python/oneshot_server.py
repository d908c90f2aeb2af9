"""Answers one datagram in capitals, and ends.

    python3 echo-udp/python/oneshot_server.py

Rust: echo-udp/src/bin/oneshot-server.rs
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
    data, peer = sock.recvfrom(net.BUFFER_SIZE)
    message = data.decode("utf-8", "replace")
    console.print_line(f"收到客户端消息 {console.escape_controls(message)}")
    with net.or_warn("cannot send to", peer):
        # (4) sendto
        sock.sendto(message.upper().encode(), peer)
    # (5) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
