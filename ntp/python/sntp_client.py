"""Asks an NTP server for the time, and shows how far the own clock is from it. It never sets the clock.

    python3 ntp/python/sntp_client.py --count 4

Nobody but the server that was asked can answer: the question carries a random number that must come back.

Rust: ntp/src/bin/sntp-client.rs
"""

import ipaddress
import os
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net
from sntp import packet, timestamp
from sntp.answer import Refusal, sample
from sntp.plot import plot

START = "python3 ntp/python/sntp_server.py"

COURTESY = 15
"""Who asks a server beyond the loopback waits so long between two questions (RFC 4330, 10), in seconds."""


def main():
    args = arguments().parse_args()
    # (1) socket
    sock, server = net.udp_client(args)
    limit = flags.limit(args)
    pause = args.interval
    if not ipaddress.ip_address(server[0]).is_loopback:
        pause = max(pause, COURTESY)
    samples = []
    for query in range(args.count):
        if query > 0:
            flags.sleep(pause)
        # (2) urandom: a number that nobody can guess, in place of our time
        nonce = int.from_bytes(os.urandom(8), "big")
        begun = time.monotonic()
        asked = timestamp.now()
        with net.or_say("cannot send to", server):
            # (3) sendto: T1 was just now
            sock.sendto(packet.question(nonce).pack(), server)
        while True:
            with net.or_no_answer(server, limit, START):
                # What strangers send must not prolong the wait.
                sock.settimeout(net.time_left(begun, limit))
                # (4) recvfrom: T4 is now
                data, peer = sock.recvfrom(net.BUFFER_SIZE)
            answered = timestamp.now()
            # (5) unpack: from the address and port that were asked, with the number bit for bit
            answer = packet.unpack(data)
            if answer and net.answers_for(peer, server) and answer.origin == nonce:
                break
        try:
            # (6) the other checks, in their order; then offset and delay
            measured = sample(answer, asked, answered)
        except Refusal as refusal:
            if not refusal.asks_for_patience or query + 1 == args.count:
                raise console.Failure(f"{net.shown(server)}: {refusal}") from None
            # It asks for longer pauses, and gets them.
            pause = max(2 * pause, 1)
            console.warn(f"{net.shown(server)}: {refusal}: {net.shown_seconds(pause)} s until we ask again")
            continue
        if args.json:
            console.print_line(measured.json(net.shown(server)))
        else:
            console.print_line(measured)
            samples.append(measured)
    if sys.stdout.isatty():
        for row in plot(samples):
            console.print_line(row)
    # (7) close
    sock.close()


def arguments():
    parser = flags.udp_client(flags.parser(__doc__), 1123)
    parser.add_argument("--count", metavar="N", type=flags.count, default=1, help="how many times to ask")
    parser.add_argument(
        "--interval",
        metavar="SECONDS",
        type=flags.seconds,
        default=1,
        help="how long to wait between two questions; 15 at least unless the server is on the loopback",
    )
    parser.add_argument("--json", action="store_true", help="prints each answer as a JSON object")
    return parser


if __name__ == "__main__":
    console.main(main)
