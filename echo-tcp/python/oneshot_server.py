"""Answers one message in capitals, and ends.

    python3 echo-tcp/python/oneshot_server.py

What one receive gives is taken for the message: nothing on the wire says where it ends.

Rust: echo-tcp/src/bin/oneshot-server.rs
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
        # (2) accept
        conn, peer = listener.accept()
        try:
            # (3) recv
            data = conn.recv(64 * 1024)
            if data:
                break
        except OSError as error:
            console.warn("{}: {}".format(net.shown(peer), console.reason(error)))
        # A client that leaves without a word has not had its turn: the next one gets it.
        conn.close()
    message = data.decode("utf-8", "replace")
    console.say("我收到客户端发的 {}".format(console.visible(message)))
    # (4) sendall
    net.send_all(conn, message.upper().encode(), peer)
    # (5) close: when the client has the answer
    net.hang_up(conn)


if __name__ == "__main__":
    console.main(main)
