"""Answers one message in capitals, and ends.

    python3 echo-tcp/python/oneshot_server.py

What one receive gives is taken for the message: nothing on the wire says where it ends.

Rust: echo-tcp/src/bin/oneshot-server.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net


def main():
    args = flags.tcp_server(flags.parser(__doc__), 8080).parse_args()
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
    data = b""
    # A client that leaves without a word has not had its turn: the next one gets it.
    while not data:
        # (5) accept
        conn, peer = listener.accept()
        with net.or_warn("cannot receive from", peer):
            # (6) recv
            data = conn.recv(64 * 1024)
    message = data.decode("utf-8", "replace")
    console.print_line(f"我收到客户端发的 {console.escape_controls(message)}")
    with net.or_say("cannot send to", peer):
        # (7) sendall
        conn.sendall(message.upper().encode())
    # (8) shutdown, and close when the client has the answer
    net.hang_up(conn)


if __name__ == "__main__":
    console.main(main)
