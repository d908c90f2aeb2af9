"""A room in which everybody may write at any time: the server passes on what each says.

    python3 qq-chat/python/live_server.py

Rust: qq-chat/src/bin/live-server.rs
"""

import contextlib
import socket
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net
from live.room import Room

BATCH = 64
"""How much is received, and then sent, before the other is done: acknowledgements of a crowd come while an event is
still on its way to the last of them, and the socket's buffer is small."""

BUFFER = 4 << 20
"""What the socket may keep for us, in bytes; the system may allow less."""


def main():
    args = arguments().parse_args()
    # (1) socket, bind
    sock = net.udp_socket(args)
    with contextlib.suppress(OSError):
        # (2) setsockopt SO_RCVBUF: a crowd answers at once
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    room = Room(args.patience, time.monotonic())
    while True:
        # (3) recvfrom: waits while there is nothing to send
        for data, peer in sock.recv_batch(net.BUFFER_SIZE, room.pause(), BATCH):
            # (4) what it means
            room.receive(data, peer, time.monotonic())
        # (5) the clocks: what was lost, who is gone
        now = time.monotonic()
        room.look_at_clocks(now)
        for data, peer in room.outgoing(now, BATCH):
            with net.or_warn("cannot send to", peer):
                # (6) sendto
                sock.sendto(data, peer)
        for line in room.news():
            console.print_line(line)


def arguments():
    parser = flags.udp_server(flags.parser("Passes on what each person in the room says."), 8080)
    parser.add_argument(
        "--patience",
        metavar="SECONDS",
        type=flags.number(float, 1, flags.LONGEST_TIME, "give seconds as a number, 1 or more, such as 10 or 2.5"),
        default=10,
        help="how long somebody may be silent before they count as vanished; at least 1",
    )
    return parser


if __name__ == "__main__":
    console.main(main)
