"""Sends a message again and again and prints the answers.

    python3 echo-udp/python/client.py

No answer within the time limit is an error: UDP itself never says that a datagram was lost.

Rust: echo-udp/src/bin/client.rs
"""

import socket
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 echo-udp/python/server.py"


def main():
    args = flags.repeat(flags.udp_client(flags.parser(__doc__), 8888)).parse_args()
    family, server = net.resolve(args.host, args.port, socket.SOCK_DGRAM)
    # (1) socket: the system binds it to a free port when the first datagram leaves
    sock = socket.socket(family, socket.SOCK_DGRAM)
    limit = flags.limit(args)
    for message in flags.messages(args):
        with net.or_say("cannot send to", server):
            # (2) sendto
            sock.sendto(message.encode(), server)
        asked = time.monotonic()
        while True:
            with net.or_no_answer(server, limit, START):
                # What strangers send must not prolong the wait.
                sock.settimeout(net.time_left(asked, limit))
                # (3) recvfrom: anybody can send to an open port, and only the server is believed
                answer, peer = sock.recvfrom(net.BUFFER_SIZE)
            if net.answers_for(peer, server):
                break
        console.print_line(repr(answer))
    # (4) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
