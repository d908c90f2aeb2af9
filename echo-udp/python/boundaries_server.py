"""Receives three datagrams, prints each as it was sent, and ends.

    python3 echo-udp/python/boundaries_server.py

Three sends are three receives, whatever the time between them: a stream would glue them together.

Rust: echo-udp/src/bin/boundaries-server.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net


def main():
    args = flags.udp_server(flags.parser(__doc__), 8081).parse_args()
    # (1) socket, bind
    sock = net.bind_udp(args)
    for _ in range(3):
        # (2) recvfrom: one datagram, whole
        message, peer = net.receive(sock)
        console.say("({}, {})".format(message, peer))
    # (3) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
