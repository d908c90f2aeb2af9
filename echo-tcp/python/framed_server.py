"""Sends one message whose size stands before it, and ends.

    python3 echo-tcp/python/framed_server.py

A stream has no boundaries; a header puts them there.

Rust: echo-tcp/src/bin/framed-server.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, header, net


def main():
    args = flags.message(flags.tcp_server(flags.parser(__doc__), 8080), "Hello Client!").parse_args()
    # (1) socket, setsockopt SO_REUSEADDR, bind, listen
    listener = net.listen_tcp(args)
    # (2) accept
    conn, peer = listener.accept()
    # (3) pack: the header's length in 4 bytes, the header in JSON, the body
    body = args.message.encode()
    frame = header.pack_json({"size": len(body)}, body)
    # (4) sendall: one for all three
    net.send_all(conn, frame, peer)
    # (5) close
    net.hang_up(conn)


if __name__ == "__main__":
    console.main(main)
