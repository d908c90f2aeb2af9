"""Calls the phone server, says each typed line, and prints what comes back.

    python3 echo-tcp/python/phone_client.py

Rust: echo-tcp/src/bin/phone-client.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 echo-tcp/python/phone_server.py"


def main():
    args = flags.tcp_client(flags.parser(__doc__), 8002).parse_args()

    def connect(family, server):
        # (1) socket: buy a phone
        sock = socket.socket(family, socket.SOCK_STREAM)
        # (2) connect: call
        sock.connect(server)
        return sock

    call, server = net.first_of(args, START, connect)
    # (3) input: the line as it is, blanks too
    while (message := console.prompt(">>>>")) is not None:
        if not message:
            continue  # silence cannot be sent: the server would not answer it
        # (4) sendall, and recv until as many bytes are back: the loop of client.py
        echo = net.exchange(call, message.encode(), server)
        console.print_line(console.decode_printable(echo))
    # (5) close: hang up
    call.close()


if __name__ == "__main__":
    console.main(main)
