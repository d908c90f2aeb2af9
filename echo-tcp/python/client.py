"""Sends each typed line to the server and prints what comes back.

    python3 echo-tcp/python/client.py

TCP keeps no messages apart. The client knows where an answer ends because the echo is as long as what it sent.

Rust: echo-tcp/src/bin/client.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 echo-tcp/python/server.py"


def main():
    args = flags.tcp_client(flags.parser(__doc__), 8080).parse_args()

    def connect(family, server):
        # (1) socket
        sock = socket.socket(family, socket.SOCK_STREAM)
        # (2) connect
        sock.connect(server)
        return sock

    conn, server = net.first_of(args, START, connect)
    # (3) input
    while (line := console.prompt("请输入你:")) is not None:
        message = line.strip().encode()
        if not message:
            continue  # it would send no bytes, and no answer would come
        echo = b""
        # In blocks: the server echoes while it receives. When its answers fill the buffers of both systems it stops
        # receiving, and whoever sends on without receiving waits for ever.
        with net.or_say("lost the connection to", server):
            for block in net.blocks(message):
                # (4) sendall
                conn.sendall(block)
                # (5) recv: as often as it takes until all bytes of the block are back
                sent = len(echo) + len(block)
                while len(echo) < sent:
                    data = conn.recv(sent - len(echo))
                    if not data:
                        raise net.hung_up(server, len(echo), len(message))
                    echo += data
        console.print_line(console.decode_printable(echo))
    # (6) close
    conn.close()


if __name__ == "__main__":
    console.main(main)
