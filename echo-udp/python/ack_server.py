"""Confirms each datagram with a fixed text.

    python3 echo-udp/python/ack_server.py

UDP confirms nothing; a program that needs to know must answer by itself.

Rust: echo-udp/src/bin/ack-server.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net


def main():
    args = flags.udp_server(flags.parser(__doc__), 8001).parse_args()
    # (1) socket, bind
    sock = net.bind_udp(args)
    while True:
        # (2) recvfrom: an empty datagram arrives too, with its sender's address
        message, peer = net.receive(sock)
        console.say("data= {},add = {}".format(message, peer))
        # (3) sendto
        net.reply(sock, "恭喜您传输成功".encode(), peer)


if __name__ == "__main__":
    console.main(main)
