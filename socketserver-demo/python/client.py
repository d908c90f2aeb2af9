"""Sends a message again and again and prints the answers.

    python3 socketserver-demo/python/client.py

Start it in several terminals: the server talks to all of them at once.

Rust: socketserver-demo/src/bin/client.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 socketserver-demo/python/server.py"


def main():
    parser = flags.repeat(flags.tcp_client(flags.parser(__doc__), 8081))
    parser.add_argument("--text", action="store_true", help="print the answers as text, not as bytes objects")
    args = parser.parse_args()
    if not args.message:
        parser.error("TCP cannot send an empty message (UDP can): give --message a text")
    # (1) socket, connect
    conn, server = net.connect_tcp(args, START)
    for message in flags.messages(args):
        # (2) sendall, and recv until as many bytes are back
        echo = net.exchange(conn, message.encode(), server)
        if args.text:
            console.print_line(console.decode_printable(echo))
        else:
            console.print_line(repr(echo))
    # (3) close
    conn.close()


if __name__ == "__main__":
    console.main(main)
