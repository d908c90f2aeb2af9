"""Sends one message, prints the one answer, and ends.

    python3 echo-tcp/python/oneshot_client.py

The answer ends where the server closes the connection.

Rust: echo-tcp/src/bin/oneshot-client.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 echo-tcp/python/oneshot_server.py"


def main():
    parser = flags.message(flags.tcp_client(flags.parser(__doc__), 8080), "hello hello")
    args = parser.parse_args()
    if not args.message:
        parser.error("TCP cannot send an empty message (UDP can): give --message a text")
    # (1) socket, connect
    conn, server = net.connect_tcp(args, START)
    # (2) sendall
    net.send_all(conn, args.message.encode(), server)
    # (3) recv, until the server closes
    answer = net.receive_until_close(conn, server)
    console.say("我收到服务端回的 {}".format(console.text(answer)))
    # (4) close
    conn.close()


if __name__ == "__main__":
    console.main(main)
