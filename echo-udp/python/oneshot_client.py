"""Sends one datagram, prints the one answer, and ends.

    python3 echo-udp/python/oneshot_client.py

Rust: echo-udp/src/bin/oneshot-client.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 echo-udp/python/oneshot_server.py"


def main():
    args = flags.message(flags.udp_client(flags.parser(__doc__), 8080), "hello world!").parse_args()
    # (1) socket
    sock, server = net.udp_client(args)
    # (2) sendto: an empty message is an empty datagram
    net.send_to(sock, args.message.encode(), server)
    # (3) recvfrom
    answer, _ = net.receive_from(sock, server, flags.limit(args), START)
    console.say("收到服务端消息 {}".format(console.text(answer)))
    # (4) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
