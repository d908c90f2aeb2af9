"""Answers one datagram in capitals, and ends.

    python3 echo-udp/python/oneshot_server.py

Rust: echo-udp/src/bin/oneshot-server.rs
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
    data, peer = net.receive(sock)
    message = data.decode("utf-8", "replace")
    console.say("收到客户端消息 {}".format(console.visible(message)))
    # (3) sendto
    net.reply(sock, message.upper().encode(), peer)
    # (4) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
