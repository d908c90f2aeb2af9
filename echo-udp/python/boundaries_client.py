"""Sends three datagrams, one right after the other, and awaits no answer.

    python3 echo-udp/python/boundaries_client.py

Whether somebody receives them it does not learn. Nothing is awaited, so --timeout changes nothing.

Rust: echo-udp/src/bin/boundaries-client.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net


def main():
    args = flags.udp_client(flags.parser(__doc__), 8081).parse_args()
    family, server = net.resolve(args.host, args.port, socket.SOCK_DGRAM)
    # (1) socket: the system binds it to a free port when the first datagram leaves
    sock = socket.socket(family, socket.SOCK_DGRAM)
    for message in (b"hello", b"world", b"sdfas"):
        with net.or_say("cannot send to", server):
            # (2) sendto
            sock.sendto(message, server)
    # (3) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
