"""Sends each datagram back in capitals, to whoever sent it.

    python3 echo-udp/python/server.py

One socket serves all clients: each datagram carries its sender's address.

Rust: echo-udp/src/bin/server.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net


def main():
    args = flags.udp_server(flags.parser(__doc__), 8888).parse_args()
    # (1) socket, bind
    sock = net.bind_udp(args)
    while True:
        # (2) recvfrom
        message, peer = net.receive(sock)
        console.say(repr(message))
        # (3) sendto
        net.reply(sock, message.upper(), peer)


if __name__ == "__main__":
    console.main(main)
