"""Sends a text again and again, in a frame, and prints the answers.

    python3 socketserver-demo/python/framed_client.py

Rust: socketserver-demo/src/bin/framed-client.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

import frame

START = "python3 socketserver-demo/python/framed_server.py"


def main():
    args = flags.repeat(flags.tcp_client(flags.parser(__doc__), 8080), "hello world!").parse_args()
    # (1) socket, connect
    conn, server = net.connect_tcp(args, START)
    for text in flags.messages(args):
        with net.or_say("cannot send to", server):
            # (2) sendall: a frame
            conn.sendall(frame.pack(text))
        # (3) recv: a frame
        with console.context(f"no answer from {net.shown(server)}"):
            answer = frame.read(conn)
            if answer is None:
                raise console.Failure("it hung up: is it still running?")
        console.print_line(console.escape_controls(answer))
    # (4) close
    conn.close()


if __name__ == "__main__":
    console.main(main)
