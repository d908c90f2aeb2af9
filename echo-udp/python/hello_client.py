"""Sends one greeting and prints the answer and who sent it.

    python3 echo-udp/python/hello_client.py

Rust: echo-udp/src/bin/hello-client.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 echo-udp/python/hello_server.py"


def main():
    args = flags.udp_client(flags.parser(__doc__), 8080).parse_args()
    # (1) socket
    sock, server = net.udp_client(args)
    # (2) sendto
    net.send_to(sock, b"hello server baby!", server)
    # (3) recvfrom
    answer, peer = net.receive_from(sock, server, flags.limit(args), START)
    console.say("{} {}".format(answer, peer))
    # (4) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
