"""Talks with the person at the server: you write, they answer, in turns.

    python3 echo-udp/python/talk_client.py

It waits for ever: a person is typing at the other end. --timeout limits that.

Rust: echo-udp/src/bin/talk-client.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 echo-udp/python/talk_server.py"


def main():
    args = flags.udp_client(flags.parser(__doc__), 8081, 0).parse_args()
    # (1) socket
    sock, server = net.udp_client(args)
    while True:
        console.say("udp客户端开始运行了")
        # (2) input
        line = console.prompt("请输入")
        if line is None:
            break
        # (3) sendto: an empty line is an empty datagram
        net.send_to(sock, line.strip().encode(), server)
        # (4) recvfrom
        answer, _ = net.receive_from(sock, server, flags.limit(args), START)
        console.say(console.text(answer))
    # (5) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
