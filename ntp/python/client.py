"""Asks the time server for the time, in the format that is typed.

    python3 ntp/python/client.py

An empty line is sent too: UDP can send nothing, and an empty datagram arrives.

Rust: ntp/src/bin/client.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

START = "python3 ntp/python/server.py"


def main():
    args = flags.udp_client(flags.parser(__doc__), 8080).parse_args()
    # (1) socket
    sock, server = net.udp_client(args)
    while True:
        # (2) input
        format = console.prompt(">>>")
        if format is None:
            break
        with net.or_say("cannot send to", server):
            # (3) sendto: an empty line is an empty datagram
            sock.sendto(format.encode(), server)
        # (4) recvfrom
        answer, _ = net.receive_answer(sock, server, flags.limit(args), START)
        console.print_line(console.decode_printable(answer))
    # (5) close
    sock.close()


if __name__ == "__main__":
    console.main(main)
