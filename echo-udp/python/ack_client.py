"""Sends each typed line, the empty one too, and prints the confirmation.

    python3 echo-udp/python/ack_client.py

Rust: echo-udp/src/bin/ack-client.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 echo-udp/python/ack_server.py"


def main():
    args = flags.udp_client(flags.parser(__doc__), 8001).parse_args()
    family, server = net.resolve(args.host, args.port, socket.SOCK_DGRAM)
    # (1) socket: the system binds it to a free port when the first datagram leaves
    sock = socket.socket(family, socket.SOCK_DGRAM)
    # (2) input: the line as it is, blanks too
    while (message := console.prompt(">>>>")) is not None:
        with net.or_say("cannot send to", server):
            # (3) sendto: an empty line is an empty datagram
            sock.sendto(message.encode(), server)
        # (4) recvfrom
        answer, _ = net.receive_answer(sock, server, flags.limit(args), START)
        console.print_line(console.decode_printable(answer))
    # (5) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
