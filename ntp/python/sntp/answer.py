"""What a client makes of an answer. The mirror of ntp/src/sntp/answer.rs, which has the checks in a table."""

import json
from typing import NamedTuple

from common import console

from . import packet, timestamp

MOST_DISTANCE = 1
"""How wrong a server's time may be, in seconds: MAXDIST of RFC 5905, 11.1; RFC 4330, 5, has "one second", too."""

MEANINGS = {
    b"DENY": "the server refuses us, do not ask it again",
    b"RSTR": "the server refuses us, do not ask it again",
    b"RATE": "we ask too fast",
    b"INIT": "the server's clock is not set yet",
}


class Refusal(console.Failure):
    """Why an answer has no time. kiss is the code of a kiss-o'-death."""

    def __init__(self, why, kiss=None):
        super().__init__(why)
        self.asks_for_patience = kiss == packet.RATE


class Sample(NamedTuple):
    """What an answer tells: offset and delay as spans, the error in seconds."""

    offset: int
    delay: int
    error: float
    stratum: int
    leap: int
    reference: str

    def json(self, server):
        """For a program to read: a JSON object in a line."""
        offset, delay = timestamp.in_seconds(self.offset), timestamp.in_seconds(self.delay)
        return (
            f'{{"server": {json.dumps(server)}, "offset": {offset:.9f}, "delay": {delay:.9f}, '
            f'"error": {self.error:.9f}, "stratum": {self.stratum}, "leap": {self.leap}, '
            f'"reference": {json.dumps(self.reference)}}}'
        )

    def __str__(self):
        offset, delay = timestamp.in_seconds(self.offset), timestamp.in_seconds(self.delay)
        return (
            f"offset {offset:+.6f} s, delay {delay:.6f} s, error {self.error:.6f} s, "
            f"stratum {self.stratum} ({self.reference})"
        )


def sample(answer, asked, answered):
    """The checks, in their order, and what the four timestamps tell: T1 asked, T4 answered, the others in the answer."""
    distance = packet.root_distance(answer)
    name = packet.reference_name(answer)
    if answer.mode != packet.SERVER:
        raise Refusal(f"the answer has mode {answer.mode}, not {packet.SERVER} (server)")
    if answer.stratum == 0:
        kiss = answer.reference_id
        meaning = MEANINGS.get(kiss, "the server has no time for us")
        raise Refusal(f"kiss-o'-death {name}: {meaning}", kiss)
    if answer.leap == packet.UNSYNCHRONISED:
        raise Refusal("the server's clock is not set (leap indicator 3)")
    if answer.version != packet.VERSION:
        raise Refusal(f"the answer has version {answer.version}, the question had {packet.VERSION}")
    if answer.stratum > 15:
        raise Refusal(f"the server has stratum {answer.stratum}, and 15 is the highest that has the time")
    if answer.transmit == 0:
        raise Refusal("the answer has no transmit timestamp")
    if distance >= MOST_DISTANCE:
        raise Refusal(f"the server's time may be wrong by {distance:.3f} s (its root distance), and 1 s is the most")
    times = (asked, answer.receive, answer.transmit, answered)
    offset, delay = timestamp.offset(*times), timestamp.delay(*times)
    error = timestamp.in_seconds(delay) / 2 + distance
    return Sample(offset, delay, error, answer.stratum, answer.leap, name)
