"""Answers every datagram with the local time, in the format that the datagram asks for.

    python3 ntp/python/server.py

A peer chooses the format, so it may be no format at all: not UTF-8, or with a NUL in it.
The lesson's server dies of either; this one answers what is wrong, and goes on.

Rust: ntp/src/bin/server.rs
"""

import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, flags, net

DEFAULT_FORMAT = "%Y-%m-%d %X"
"""What an empty datagram asks for."""


def main():
    args = flags.udp_server(flags.parser(__doc__), 8080).parse_args()
    # (1) socket, bind
    sock = net.udp_socket(args)
    while True:
        # (2) recvfrom
        request, peer = sock.recvfrom(net.BUFFER_SIZE)
        console.print_line(f"收到客户端的命令是 {console.decode_printable(request)}")
        # (3) strftime: the format becomes the time
        answer = time_in(request)
        with net.or_warn("cannot send to", peer):
            # (4) sendto
            sock.sendto(answer, peer)


def time_in(request):
    """The time as the request wants it, or one line that says why it cannot be given."""
    try:
        format = request.decode() or DEFAULT_FORMAT
    except UnicodeDecodeError:
        return b"a time format must be UTF-8 text"
    if "\0" in format:
        # An older Python's strftime raises a ValueError, a newer one's answers with the NUL.
        return b"a time format must not contain a NUL character"
    try:
        # Without an argument localtime asks a clock that moves with the kernel's timer: each second
        # begins up to 10 ms late.
        answer = time.strftime(format, time.localtime(time.time())).encode()
    except ValueError as error:
        # The C library of Windows knows fewer formats.
        return console.escape_to_one_line(str(error)).encode()
    if len(answer) > net.MAX_DATAGRAM:
        return f"the formatted time would not fit a datagram of {net.MAX_DATAGRAM} bytes".encode()
    return answer


if __name__ == "__main__":
    console.main(main)
