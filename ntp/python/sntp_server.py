"""Tells its time to whoever asks in NTP's own format: 48 bytes, binary, exact to the microsecond.

    python3 ntp/python/sntp_server.py --stratum 1

Without --stratum it says that its clock is not set, and no client believes it. An answer is never longer than its
question, and what is no question has none: nobody can have it flood others.

Rust: ntp/src/bin/sntp-server.rs
"""

import argparse
import ipaddress
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net
from sntp import packet, rate, timestamp

PRECISION = -20
"""How exact the clock is: 2^-20 s, a microsecond."""


def main():
    args = arguments().parse_args()
    shift = timestamp.of_seconds(args.shift)
    set_at = timestamp.plus(timestamp.now(), shift)
    clients = rate.Clients(args.interval)
    # (1) socket, bind
    sock = net.udp_socket(args)
    # (2) setsockopt: SO_TIMESTAMPNS, the kernel notes when a datagram comes; where none does, (3) looks at the clock
    sock.stamp_arrivals()
    while True:
        # (3) recvmsg: the datagram, and when it came, which is T2
        data, peer, received = sock.recv_stamped(net.BUFFER_SIZE)
        # (4) unpack: what is no question has no answer
        question = packet.unpack(data)
        if question is None or not packet.asks(question):
            continue
        answer = packet.Packet(
            leap=packet.UNSYNCHRONISED,
            version=question.version,
            mode=packet.SERVER,
            poll=question.poll,
            precision=PRECISION,
            reference_id=packet.INIT,
            origin=question.transmit,
            receive=timestamp.plus(timestamp.at(received), shift),
        )
        may_ask = clients.may_ask(peer[0], time.monotonic())
        if not may_ask:
            # (5) kiss-o'-death: who asks too fast learns only that
            answer = answer._replace(reference_id=packet.RATE)
        elif args.stratum > 0:
            answer = answer._replace(leap=0, stratum=args.stratum, reference_id=args.reference, reference=set_at)
        # (6) the time, as late as can be: T3
        answer = answer._replace(transmit=timestamp.plus(timestamp.now(), shift))
        with net.or_warn("cannot send to", peer):
            # (7) sendto
            sock.sendto(answer.pack(), peer)
        told = "" if may_ask else ", too fast"
        console.print_line(f"[{net.shown(peer)}] asks in version {question.version}{told}")


def arguments():
    parser = flags.udp_server(flags.parser(__doc__), 1123)
    parser.add_argument(
        "--stratum",
        metavar="N",
        type=flags.number(int, 0, 15, "give a number from 0 to 15"),
        default=0,
        help="how many clocks away from the true time: 1 has it by itself, up to 15; 0 says that it does not know",
    )
    parser.add_argument(
        "--reference",
        metavar="ID",
        type=reference_id,
        default="LOCL",
        help="what sets its clock: up to four letters, or an IPv4 address from stratum 2 on",
    )
    parser.add_argument(
        "--interval",
        metavar="SECONDS",
        type=flags.seconds,
        default=15,
        help="how long a client must wait between two questions, after its first 8; 0 does not count them",
    )
    parser.add_argument(
        "--shift",
        metavar="SECONDS",
        type=flags.shift,
        default=0,
        help="tells a time that is wrong by so much, for experiments",
    )
    return parser


def reference_id(text):
    """The four bytes for --reference."""
    try:
        return ipaddress.IPv4Address(text).packed
    except ValueError:
        if len(text) <= 4 and all("!" <= letter <= "~" for letter in text):
            return text.encode().ljust(4, b"\0")
    raise argparse.ArgumentTypeError("give up to four letters, such as GPS, or an IPv4 address")


if __name__ == "__main__":
    console.main(main)
