"""Sends one message whose size stands before it, and ends.

    python3 echo-tcp/python/framed_server.py

A stream has no boundaries; a header puts them there.

Rust: echo-tcp/src/bin/framed-server.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, header, net


def main():
    args = flags.message(flags.tcp_server(flags.parser(__doc__), 8080), "Hello Client!").parse_args()
    family, address = net.resolve(args.host, args.port, socket.SOCK_STREAM)
    # (1) socket
    sock = socket.socket(family, socket.SOCK_STREAM)
    # (2) setsockopt SO_REUSEADDR
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, flags.reuse_address(args))
    with net.or_cannot_listen(sock, address):
        # (3) bind
        sock.bind(address)
        # (4) listen
        sock.listen(args.backlog)
    listener = net.Listener(sock)
    # (5) accept
    conn, peer = listener.accept()
    # (6) pack: the header's length in 4 bytes, the header in JSON, the body
    body = args.message.encode()
    frame = header.pack_json({"size": len(body)}, body)
    with net.or_say("cannot send to", peer):
        # (7) sendall: one for all three
        conn.sendall(frame)
    # (8) shutdown, and close when the client has the message
    net.hang_up(conn)


if __name__ == "__main__":
    console.main(main)
