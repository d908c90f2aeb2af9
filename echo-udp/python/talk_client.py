"""Talks with the person at the server: you write, they answer, in turns.

    python3 echo-udp/python/talk_client.py

It waits for ever: a person is typing at the other end. --timeout limits that.

Rust: echo-udp/src/bin/talk-client.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 echo-udp/python/talk_server.py"


def main():
    args = flags.udp_client(flags.parser(__doc__), 8081, flags.FOR_EVER).parse_args()
    family, server = net.resolve(args.host, args.port, socket.SOCK_DGRAM)
    # (1) socket: the system binds it to a free port when the first datagram leaves
    sock = socket.socket(family, socket.SOCK_DGRAM)
    while True:
        console.print_line("udp客户端开始运行了")
        # (2) input
        line = console.prompt("请输入")
        if line is None:
            break
        with net.or_say("cannot send to", server):
            # (3) sendto: an empty line is an empty datagram
            sock.sendto(line.strip().encode(), server)
        # (4) recvfrom
        answer, _ = net.receive_answer(sock, server, flags.limit(args), START)
        console.print_line(console.decode_printable(answer))
    # (5) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
