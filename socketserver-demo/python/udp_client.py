"""Sends a message again and again and prints the answers, with the address that they come from.

    python3 socketserver-demo/python/udp_client.py

Rust: socketserver-demo/src/bin/udp-client.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 socketserver-demo/python/udp_server.py"


def main():
    parser = flags.repeat(flags.udp_client(flags.parser(__doc__), 8080))
    parser.add_argument("--text", action="store_true", help="print the answers as text, without the address")
    args = parser.parse_args()
    # (1) socket
    sock, server = net.udp_client(args)
    for message in flags.messages(args):
        with net.or_say("cannot send to", server):
            # (2) sendto
            sock.sendto(message.encode(), server)
        # (3) recvfrom
        answer, peer = net.receive_answer(sock, server, flags.limit(args), START)
        if args.text:
            console.print_line(console.decode_printable(answer))
        else:
            console.print_line(f"{answer} {peer}")
    # (4) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
