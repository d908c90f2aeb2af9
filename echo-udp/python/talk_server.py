"""Talks with people who call: they write, you answer, in turns.

    python3 echo-udp/python/talk_server.py

One at a time: while you type, what others send waits in the socket's buffer.

Rust: echo-udp/src/bin/talk-server.rs
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
    while True:
        console.print_line("udp服务端开始运行了")
        # (3) recvfrom
        message, peer = sock.recvfrom(net.BUFFER_SIZE)
        console.print_line(console.decode_printable(message))
        # (4) input
        line = console.prompt("请输入")
        if line is None:
            break
        with net.or_warn("cannot send to", peer):
            # (5) sendto: an empty line is an empty datagram
            sock.sendto(line.strip().encode(), peer)
    # (6) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
