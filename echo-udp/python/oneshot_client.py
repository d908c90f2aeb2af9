"""Sends one datagram, prints the one answer, and ends.

    python3 echo-udp/python/oneshot_client.py

Rust: echo-udp/src/bin/oneshot-client.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 echo-udp/python/oneshot_server.py"


def main():
    args = flags.message(flags.udp_client(flags.parser(__doc__), 8080), "hello world!").parse_args()
    family, server = net.resolve(args.host, args.port, socket.SOCK_DGRAM)
    # (1) socket: the system binds it to a free port when the first datagram leaves
    sock = socket.socket(family, socket.SOCK_DGRAM)
    with net.or_say("cannot send to", server):
        # (2) sendto: an empty message is an empty datagram
        sock.sendto(args.message.encode(), server)
    # (3) recvfrom
    answer, _ = net.receive_answer(sock, server, flags.limit(args), START)
    console.print_line(f"收到服务端消息 {console.decode_printable(answer)}")
    # (4) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
