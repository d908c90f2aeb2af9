"""The 48 bytes of a question and of an answer. The mirror of ntp/src/sntp/packet.rs, which tells what is in the fields.

bytes  struct  field
0      B       leap (2 bits), version (3 bits), mode (3 bits)
1      B       stratum
2      b       poll
3      b       precision
4      I       root delay
8      I       root dispersion
12     4s      reference id
16     Q       reference timestamp
24     Q       origin timestamp
32     Q       receive timestamp
40     Q       transmit timestamp
"""

import ipaddress
import struct
from typing import NamedTuple

FORMAT = struct.Struct("!BBbbII4sQQQQ")
SIZE = FORMAT.size

VERSION = 4
"""The version that we speak."""

CLIENT = 3
"""The mode of a question."""

SERVER = 4
"""The mode of an answer."""

UNSYNCHRONISED = 3
"""The leap indicator of a clock that is not set."""

INIT = b"INIT"
"""The kiss of a server whose clock is not set yet."""

RATE = b"RATE"
"""The kiss for a client that asks too fast."""


class Packet(NamedTuple):
    """A question or an answer."""

    leap: int = 0
    version: int = VERSION
    mode: int = CLIENT
    stratum: int = 0
    poll: int = 0
    precision: int = 0
    root_delay: int = 0
    root_dispersion: int = 0
    reference_id: bytes = bytes(4)
    reference: int = 0
    origin: int = 0
    receive: int = 0
    transmit: int = 0

    def pack(self):
        """The 48 bytes."""
        first = self.leap << 6 | self.version << 3 | self.mode
        return FORMAT.pack(first, *self[3:])


def question(nonce):
    """A client's question. nonce stands where its time could: the server copies it, and need not know the time."""
    return Packet(transmit=nonce)


def unpack(data):
    """The packet that data begins with; None of fewer than 48 bytes."""
    if len(data) < SIZE:
        return None
    first, *fields = FORMAT.unpack_from(data)
    return Packet(first >> 6, first >> 3 & 7, first & 7, *fields)


def asks(packet):
    """Whether it is a question that has an answer: mode 3, in one of the versions that there are."""
    return packet.mode == CLIENT and 1 <= packet.version <= VERSION


def root_distance(packet):
    """How far the server may be from the truth, in seconds: half of the way to the root, and how wrong that may be."""
    return (packet.root_delay / 2 + packet.root_dispersion) / 65536


def reference_name(packet):
    """The reference id as a person reads it: letters up to stratum 1, above an IPv4 address."""
    if packet.stratum > 1:
        return str(ipaddress.IPv4Address(packet.reference_id))
    letters = packet.reference_id.rstrip(b"\0")
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}" for byte in letters)
