"""Sends a message again and again and prints the answers.

    python3 echo-udp/python/client.py

No answer within the time limit is an error: UDP itself never says that a datagram was lost.

Rust: echo-udp/src/bin/client.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 echo-udp/python/server.py"


def main():
    args = flags.repeat(flags.udp_client(flags.parser(__doc__), 8888)).parse_args()
    # (1) socket
    sock, server = net.udp_client(args)
    for message in flags.messages(args):
        # (2) sendto
        net.send_to(sock, message.encode(), server)
        # (3) recvfrom
        answer, _ = net.receive_from(sock, server, flags.limit(args), START)
        console.say(repr(answer))
    # (4) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
