"""Sends each typed line to the server and prints what comes back.

    python3 echo-tcp/python/client.py

TCP keeps no messages apart. The client knows where an answer ends because the echo is as long as what it sent.

Rust: echo-tcp/src/bin/client.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 echo-tcp/python/server.py"


def main():
    args = flags.tcp_client(flags.parser(__doc__), 8080).parse_args()
    # (1) socket, connect
    conn, server = net.connect_tcp(args, START)
    # (2) input
    while (line := console.prompt("请输入你:")) is not None:
        message = line.strip()
        if not message:
            # To send nothing sends nothing: the server would not answer.
            continue
        # (3) sendall, and recv until as many bytes are back
        echo = net.exchange(conn, message.encode(), server)
        console.say(console.text(echo))
    # (4) close
    conn.close()


if __name__ == "__main__":
    console.main(main)
