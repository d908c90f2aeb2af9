"""Sends back in capitals what each client sends, one client after another.

    python3 echo-tcp/python/server.py

While one client talks, the next has shaken hands with the system and waits in the backlog.

Rust: echo-tcp/src/bin/server.rs
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
    while True:
        # (5) accept: takes the next client out of the backlog, or waits for one
        conn, peer = listener.accept()
        with conn, net.or_warn("lost the connection to", peer):
            # (6) recv: what has come so far, which need not be one message; nothing when the client has hung up
            while message := conn.recv(64 * 1024):
                console.print_line(repr(message))
                # (7) sendall
                conn.sendall(message.upper())
        # (8) close: `with conn` ends here


if __name__ == "__main__":
    console.main(main)
