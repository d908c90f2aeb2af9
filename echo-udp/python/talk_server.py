"""Talks with people who call: they write, you answer, in turns.

    python3 echo-udp/python/talk_server.py

One at a time: while you type, what others send waits in the socket's buffer.

Rust: echo-udp/src/bin/talk-server.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net


def main():
    args = flags.udp_server(flags.parser(__doc__), 8081).parse_args()
    # (1) socket, bind
    sock = net.bind_udp(args)
    while True:
        console.say("udp服务端开始运行了")
        # (2) recvfrom
        message, peer = net.receive(sock)
        console.say(console.text(message))
        # (3) input
        line = console.prompt("请输入")
        if line is None:
            break
        # (4) sendto: an empty line is an empty datagram
        net.reply(sock, line.strip().encode(), peer)
    # (5) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
