"""Times as NTP counts them, in 2^-32 s since 1900, modulo 2^64. The mirror of ntp/src/sntp/timestamp.rs.

The count begins again in 2036. A difference modulo 2^64, read as a signed number, is right across that.
"""

import math
import time

UNIX = 2_208_988_800
"""From 1900, when NTP's count begins, to 1970, when Unix's does, in seconds."""

SECOND = 1 << 32


def now():
    """What this machine's clock shows."""
    return at(time.time_ns())


def at(nanoseconds):
    """A moment of Unix, in nanoseconds, as a timestamp."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return plus(UNIX << 32, (seconds << 32) + (rest << 32) // 10**9)


def since(timestamp, other):
    """How long after other timestamp is; before it when negative."""
    return (timestamp - other + (1 << 63)) % (1 << 64) - (1 << 63)


def plus(timestamp, span):
    """The moment so much later."""
    return (timestamp + span) % (1 << 64)


def of_seconds(seconds):
    """So many seconds as a span."""
    return math.floor(seconds * SECOND)


def in_seconds(span):
    """A span in seconds."""
    return span / SECOND


def offset(asked, received, transmitted, answered):
    """How far the server's clock is ahead of ours: ((T2 - T1) + (T3 - T4)) / 2 (RFC 4330, 5)."""
    return since(received, asked) + since(transmitted, answered) >> 1


def delay(asked, received, transmitted, answered):
    """How long the two were on the way: (T4 - T1) - (T3 - T2), never negative (RFC 4330, 5; RFC 5905, 8)."""
    return max(since(since(answered, asked), since(transmitted, received)), 0)
