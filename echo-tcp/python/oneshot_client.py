"""Sends one message, prints the one answer, and ends.

    python3 echo-tcp/python/oneshot_client.py

The answer ends where the server closes the connection.

Rust: echo-tcp/src/bin/oneshot-client.rs
"""

import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 echo-tcp/python/oneshot_server.py"

MAX_ANSWER = 1024 * 1024
"""The longest answer that is accepted, in bytes."""


def main():
    parser = flags.message(flags.tcp_client(flags.parser(__doc__), 8080), "hello hello")
    args = parser.parse_args()
    if not args.message:
        parser.error("TCP cannot send an empty message (UDP can): give --message a text")

    def connect(family, server):
        # (1) socket
        sock = socket.socket(family, socket.SOCK_STREAM)
        # (2) connect
        sock.connect(server)
        return sock

    conn, server = net.first_of(args, START, connect)
    with net.or_say("cannot send to", server):
        # (3) sendall
        conn.sendall(args.message.encode())
    # (4) recv, until nothing comes any more: the server has closed
    answer = b""
    with net.or_say("cannot receive from", server):
        try:
            while len(answer) <= MAX_ANSWER and (data := conn.recv(4096)):
                answer += data
        except ConnectionResetError:
            pass  # what a close becomes when bytes are left that the server has not received
    if len(answer) > MAX_ANSWER:
        raise console.Failure(f"{net.shown(server)} answers more than {MAX_ANSWER} bytes: is it the right server?")
    if not answer:
        raise console.Failure(f"{net.shown(server)} hung up without an answer: is it the right server?")
    console.print_line(f"我收到服务端回的 {console.decode_printable(answer)}")
    # (5) close
    conn.close()


if __name__ == "__main__":
    console.main(main)
