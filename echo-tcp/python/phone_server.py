"""Sends back to each caller what it says, and lets you see what SO_REUSEADDR is for.

    python3 echo-tcp/python/phone_server.py

Stop it while a client is connected and start it again: the port is free at once. With --no-reuseaddr it stays in use
for a minute, as long as the old connection is in TIME_WAIT.

Rust: echo-tcp/src/bin/phone-server.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net


def main():
    args = flags.tcp_server(flags.parser(__doc__), 8002).parse_args()
    family, address = net.resolve(args.host, args.port, socket.SOCK_STREAM)
    # (1) socket: buy a phone
    sock = socket.socket(family, socket.SOCK_STREAM)
    # (2) setsockopt SO_REUSEADDR: it counts only if it is set before bind
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, flags.reuse_address(args))
    with net.or_cannot_listen(sock, address):
        # (3) bind: put the number in
        sock.bind(address)
        # (4) listen: switch it on; `backlog` callers may hear it ring
        sock.listen(args.backlog)
    phone = net.Listener(sock)
    while True:
        # (5) accept: pick up, or wait for a call
        call, caller = phone.accept()
        with call, net.or_warn("lost the connection to", caller):
            # (6) recv: listen; nothing comes when the caller has hung up
            while message := call.recv(64 * 1024):
                console.print_line(f"msg={message} addr={caller}")
                # (7) sendall: speak
                call.sendall(message)
        # (8) close: `with call` ends here


if __name__ == "__main__":
    console.main(main)
