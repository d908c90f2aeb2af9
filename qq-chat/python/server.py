"""Shows each message that arrives and sends back what is typed.

    python3 qq-chat/python/server.py

UDP needs no connection, so anybody can write at any time. While you type, further messages
wait in the socket's buffer, and each answer goes to the sender of the message above it.

Rust: qq-chat/src/bin/server.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

import message


def main():
    args = flags.udp_server(flags.parser(__doc__), 8080).parse_args()
    # (1) socket, setsockopt SO_REUSEADDR, bind
    sock = net.udp_socket(args, reuse_address=True)
    console.print_line("start running...")
    while True:
        # (2) recvfrom
        text, peer = sock.recvfrom(net.BUFFER_SIZE)
        console.print_line(message.line(peer, text, message.BLUE))
        # (3) input
        answer = console.prompt("回复消息:>>")
        if answer is None:
            break
        with net.or_warn("cannot send to", peer):
            # (4) sendto
            sock.sendto(answer.strip().encode(), peer)
    # (5) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
