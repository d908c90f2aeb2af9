"""Asks an NTP server for the time, and shows how far the own clock is from it."""

import os
import socket
import struct
import sys
import time

# The 48 bytes: leap, version and mode in one, stratum, poll, precision; root delay, root dispersion, reference id;
# and the timestamps reference, origin, receive, transmit.
PACKET = struct.Struct("!BBbbII4sQQQQ")

# From 1900, when NTP begins to count, to 1970, when Unix does, in seconds.
UNIX = 2_208_988_800

SECOND = 2**32


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 1123
    try:
        print(ask((host, port)))
    except OSError as error:
        sys.exit(f"error: no time from {host}:{port}: {error}")


def ask(server):
    """Asks `server`, and tells the offset."""
    #~ uncomment
    # (1) socket
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # (2) urandom: a number that nobody can guess, in place of our time
    nonce = int.from_bytes(os.urandom(8), "big")
    # (3) sendto: version 4, mode 3; T1 is now
    asked = now()
    sock.sendto(PACKET.pack(4 << 3 | 3, 0, 0, 0, 0, 0, b"", 0, 0, 0, nonce), server)
    # (4) recvfrom: for 5 seconds in all; only `server` is believed, and only with our number; T4 is then
    #~ write
    #~| sock.settimeout(5)
    #~| answer, peer = sock.recvfrom(65535)
    answer = None
    deadline = time.monotonic() + 5
    while answer is None:
        sock.settimeout(max(deadline - time.monotonic(), 0.001))
        data, peer = sock.recvfrom(65535)
        if peer == server and len(data) >= PACKET.size and PACKET.unpack_from(data)[8] == nonce:
            answer = data
    #~ end
    answered = now()
    # (5) unpack: whether the server has the time
    first, stratum, _, _, root_delay, dispersion, name, _, _, received, transmitted = PACKET.unpack_from(answer)
    distance = (root_delay / 2 + dispersion) / 2**16
    shown = socket.inet_ntoa(name) if stratum > 1 else repr(name.rstrip(b"\0"))[2:-1]
    #~ write
    refuse(first & 7 != 4, "the answer has another mode than 4")
    refuse(stratum == 0, f"kiss-o'-death {shown}")
    refuse(first >> 6 == 3, "the server's clock is not set")
    refuse(first >> 3 & 7 != 4, "the answer has another version than 4")
    refuse(stratum > 15, f"stratum {stratum} has no time")
    refuse(transmitted == 0, "the answer has no transmit timestamp")
    refuse(distance >= 1, f"its time may be wrong by {distance:.3f} s")
    #~ end
    # (6) offset and delay, from the four times
    #~ write
    #~| offset = delay = 0
    offset = (since(received, asked) + since(transmitted, answered)) / 2 / SECOND
    delay = max(since(answered, asked) - since(transmitted, received), 0) / SECOND
    #~ end
    error = delay / 2 + distance
    return f"offset {offset:+.6f} s, delay {delay:.6f} s, error {error:.6f} s, stratum {stratum} ({shown})"
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


def refuse(wrong, why):
    """Ends the program with `why` when the answer is wrong."""
    if wrong:
        raise OSError(why)


def since(later, earlier):
    """How long after `earlier` `later` is, in 2^-32 s: negative if it is before, and right across the year 2036."""
    #~ write
    #~| return 0
    return (later - earlier + 2**63) % 2**64 - 2**63
    #~ end


def now():
    """The time as NTP counts it, in 2^-32 s since 1900; in 2036 the count begins again at 0."""
    seconds, nanoseconds = divmod(time.time_ns(), 10**9)
    return ((seconds + UNIX << 32) + (nanoseconds << 32) // 10**9) % 2**64


try:
    main()
except KeyboardInterrupt:
    pass
