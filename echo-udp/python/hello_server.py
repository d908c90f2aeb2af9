"""Receives one greeting, answers hello, and ends.

    python3 echo-udp/python/hello_server.py

Rust: echo-udp/src/bin/hello-server.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net


def main():
    args = flags.udp_server(flags.parser(__doc__), 8080).parse_args()
    # (1) socket, bind
    sock = net.bind_udp(args)
    # (2) recvfrom
    message, peer = net.receive(sock)
    console.say(console.text(message))
    # (3) sendto: the datagram brought the address to answer to
    net.reply(sock, b"hello", peer)
    # (4) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
