"""Calls the phone server, says each typed line, and prints what comes back.

    python3 echo-tcp/python/phone_client.py

Rust: echo-tcp/src/bin/phone-client.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 echo-tcp/python/phone_server.py"


def main():
    args = flags.tcp_client(flags.parser(__doc__), 8002).parse_args()
    # (1) socket, connect: buy a phone, call
    call, server = net.connect_tcp(args, START)
    # (2) input: the line as it is, blanks too
    while (message := console.prompt(">>>>")) is not None:
        if not message:
            # Silence cannot be sent: the server would not answer it.
            continue
        # (3) sendall, and recv until as many bytes are back
        echo = net.exchange(call, message.encode(), server)
        console.say(console.text(echo))
    # (4) close: hang up
    call.close()


if __name__ == "__main__":
    console.main(main)
