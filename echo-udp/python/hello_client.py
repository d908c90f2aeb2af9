"""Sends one greeting and prints the answer and who sent it.

    python3 echo-udp/python/hello_client.py

Rust: echo-udp/src/bin/hello-client.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 echo-udp/python/hello_server.py"


def main():
    args = flags.udp_client(flags.parser(__doc__), 8080).parse_args()
    family, server = net.resolve(args.host, args.port, socket.SOCK_DGRAM)
    # (1) socket: the system binds it to a free port when the first datagram leaves
    sock = socket.socket(family, socket.SOCK_DGRAM)
    with net.or_say("cannot send to", server):
        # (2) sendto
        sock.sendto(b"hello server baby!", server)
    # (3) recvfrom
    answer, peer = net.receive_answer(sock, server, flags.limit(args), START)
    console.print_line(f"{answer} {peer}")
    # (4) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
