"""Sends back in capitals what each client sends, one client after another.

    python3 echo-tcp/python/server.py

While one client talks, the next has shaken hands with the system and waits in the backlog.

Rust: echo-tcp/src/bin/server.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net


def main():
    args = flags.tcp_server(flags.parser(__doc__), 8080).parse_args()
    # (1) socket, setsockopt SO_REUSEADDR, bind, listen
    listener = net.listen_tcp(args)
    while True:
        # (2) accept: takes the next client out of the backlog, or waits for one
        conn, peer = listener.accept()
        try:
            converse(conn)
        except (OSError, console.Failure) as error:
            console.warn("{}: {}".format(net.shown(peer), console.reason(error)))
        # (5) close
        conn.close()


def converse(conn):
    """The turn of one client, until it hangs up."""
    while True:
        # (3) recv: what has come so far, which need not be one message; nothing at a hang-up
        message = conn.recv(64 * 1024)
        if not message:
            return
        console.say(repr(message))
        # (4) sendall
        conn.sendall(message.upper())


if __name__ == "__main__":
    console.main(main)
