"""Talks with everybody in the room. You may type at any time, and others may at any time be read.

    python3 qq-chat/python/live_client.py --name anna

One thread waits for the keyboard, the other for the socket: neither waits for the other. /who tells who is here, /quit
ends.

Rust: qq-chat/src/bin/live-client.rs
"""

import contextlib
import os
import socket
import sys
import threading
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net
from live import screen
from live.talk import LEFT, NO_ANSWER, Talk, name

START = "python3 qq-chat/python/live_server.py"

TICK = 0.05
"""How long the socket is waited for before the clock is looked at, in seconds."""


def main():
    args = arguments().parse_args()
    # (1) socket
    sock, server = net.udp_client(args)
    talk = Talk(args.name, flags.limit(args), time.monotonic())
    is_plain = not screen.edits()
    # (2) thread: one for the socket, this one for the keyboard
    listening = threading.Thread(target=listen, args=(sock, server, talk, args), daemon=True)
    send(sock, server, talk)
    listening.start()

    def typed(line):
        if is_plain:
            talk.wait_for_room()
        # (3) input
        talk.type_line(line, time.monotonic())
        send(sock, server, talk)
        return talk.leaves()

    try:
        screen.read(typed)
    except KeyboardInterrupt:
        goodbye = talk.goodbye()
        if goodbye:
            with contextlib.suppress(OSError):
                sock.sendto(goodbye, server)
        raise
    talk.leave(time.monotonic())
    send(sock, server, talk)
    # What was typed is still on its way.
    listening.join()
    sock.close()


def send(sock, server, talk):
    """Sends what is due."""
    for data in talk.outgoing(time.monotonic()):
        with net.or_warn("cannot send to", server):
            # (4) sendto
            sock.sendto(data, server)


def listen(sock, server, talk, args):
    """The thread of the socket: until the talk is over, well or badly."""
    try:
        hold(sock, server, talk, args)
    except (console.Failure, OSError) as error:
        # The other thread waits for the keyboard, and would not hear of it.
        screen.restore()
        console.log(f"Error: {console.reason(error)}")
        os._exit(1)


def hold(sock, server, talk, args):
    sock.settimeout(TICK)
    while True:
        with net.or_say("cannot receive from", server), contextlib.suppress(socket.timeout, ConnectionError):
            # (5) recvfrom: from the server that was asked, and from nobody else
            data, peer = sock.recvfrom(net.BUFFER_SIZE)
            if net.answers_for(peer, server):
                talk.receive(data, time.monotonic())
        talk.look_at_clock(time.monotonic())
        send(sock, server, talk)
        # (6) print
        lines, over = talk.news()
        for line in lines:
            console.print_line(line)
        if over == LEFT:
            return
        if over == NO_ANSWER:
            raise net.no_answer(server, flags.limit(args), START)
        if over:
            raise console.Failure(f"{net.shown(server)}: {over}")


def arguments():
    parser = flags.udp_client(flags.parser("Talks with everybody in the room."), 8080, 10)
    parser.add_argument("--name", metavar="NAME", type=name, required=True, help="what you want to be called")
    return parser


if __name__ == "__main__":
    console.main(main)
