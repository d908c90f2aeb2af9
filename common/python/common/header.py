"""The struct-packed header, which puts a message's boundaries back on a stream. The mirror of common/src/header.rs.

    bytes             what
    4                 length N of the header, struct.pack('<i', N)
    N                 the header itself: JSON in most programs, bincode in ftp-class
    as it says        the body

A stream is anything with a recv(n) that may return less than n, b"" at its end: a socket, or a Reader around one.
"""

import itertools
import json
import re
import socket
import struct

from . import console

MAX_HEADER = 64 * 1024
"""The longest header that is accepted, in bytes."""

MAX_SIZE = 2**63 - 1
"""The largest size that a header may announce, in bytes."""

MAX_DEPTH = 100
"""How deep arrays and objects of JSON may stand within each other."""

MAX_DIGITS = 4300
"""How many digits may follow each other in a number of JSON. From 3.10.7 on Python itself takes no more."""

SHOWN = 60
"""How much of a bad header is shown, in bytes."""


class HeaderError(console.Failure):
    """Why a header, or what it announces, was not accepted."""


def pack(header, body=b""):
    """struct.pack('<i', len(header)) + header + body in one buffer, so that one write sends it.

    Three small writes would meet Nagle's algorithm and delayed acknowledgement, and wait for 40 ms.
    """
    if len(header) > MAX_HEADER:
        raise HeaderError(_too_long(len(header)))
    return struct.pack("<i", len(header)) + header + body


def pack_json(fields, body=b""):
    """Packs a JSON header and a body."""
    return pack(json.dumps(fields).encode(), body)


def read_length(stream):
    """The length that the next 4 bytes announce; None when the peer closed before the first of them."""
    data = _recv_all(stream, 4)
    if not data:
        return None
    if len(data) < 4:
        raise HeaderError(f"the peer closed after {len(data)} of 4 bytes of the length")
    (length,) = struct.unpack("<i", data)
    if length < 0:
        raise HeaderError(f"bad header: its length is negative ({length})")
    if length > MAX_HEADER:
        raise HeaderError(_too_long(length))
    return length


def read_header(stream, length):
    """The header's bytes, as many as read_length() told."""
    data = _recv_all(stream, length)
    if len(data) < length:
        raise HeaderError(f"the peer closed after {len(data)} of {length} bytes of the header")
    return data


def read_json(stream):
    """The JSON object that comes next; None when the peer closed before it."""
    length = read_length(stream)
    if length is None:
        return None
    return parse_json(read_header(stream, length))


def parse_json(data):
    """The JSON object in a header."""
    try:
        fields = loads(data)
    except ValueError as error:
        cut = "..." if len(data) > SHOWN else ""
        raise HeaderError(f"bad header: {error}: {data[:SHOWN]!r}{cut}") from None
    if not isinstance(fields, dict):
        raise HeaderError("bad header: not a JSON object")
    return fields


def loads(data):
    """The JSON value in data; a ValueError says why there is none. The limits are those of common/src/json.rs."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("not JSON") from None
    outside = _STRING.sub('""', text)
    depths = itertools.accumulate(_STEPS[bracket] for bracket in _BRACKET.findall(outside))
    if max(depths, default=0) > MAX_DEPTH:
        raise ValueError(f"nested more than {MAX_DEPTH} deep")
    if _TOO_LONG.search(outside):
        raise ValueError(f"a number of more than {MAX_DIGITS} digits")
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object)
        _check_text(value)
    except ValueError:
        raise ValueError("not JSON") from None
    return value


def size(fields, field):
    """The size, in bytes, that a header announces under field."""
    value = _field(fields, field)
    # bool is a subclass of int.
    if type(value) is not int or not 0 <= value <= MAX_SIZE:
        raise HeaderError(f'bad header: "{field}" must be a whole number of bytes, 0 or more')
    return value


def string(fields, field):
    """The text that a header carries under field."""
    value = _field(fields, field)
    if not isinstance(value, str):
        raise HeaderError(f'bad header: "{field}" must be a string')
    return value


def read_body(stream, size, limit):
    """A body of size bytes, of which limit are accepted. Memory grows with what arrives."""
    if size > limit:
        raise HeaderError(
            f"bad header: a body of {size} bytes is announced, at most {limit} are accepted"
        )
    data = _recv_all(stream, size)
    if len(data) < size:
        raise HeaderError(f"the peer closed after {len(data)} of {size} bytes of the body")
    return data


def _recv_all(stream, size):
    """size bytes, or fewer if the stream ends: recv(n) may return less than n."""
    parts = []
    missing = size
    while missing:
        try:
            data = stream.recv(min(missing, 65536))
        except (socket.timeout, BlockingIOError):
            raise HeaderError("the peer stalled: nothing came within the time limit") from None
        if not data:
            break
        parts.append(data)
        missing -= len(data)
    return b"".join(parts)


def _field(fields, field):
    if field not in fields:
        raise HeaderError(f'bad header: "{field}" is missing')
    return fields[field]


def _too_long(length):
    return f"bad header: its length is {length} bytes, at most {MAX_HEADER} are accepted"


_STRING = re.compile(r'"(?:[^"\\]+|\\.?)*"?', re.DOTALL)
_BRACKET = re.compile(r"[][{}]")
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}
_TOO_LONG = re.compile(f"[0-9]{{{MAX_DIGITS + 1}}}")


def _no_constant(name):
    raise ValueError(name)


def _object(pairs):
    """Of a key that stands twice the last value counts; but what is left out must be text too."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        _check_text(pairs)
    return fields


def _check_text(value):
    """A lone surrogate (\\ud800) is no text: it could not be printed or used as a name."""
    json.dumps(value, ensure_ascii=False).encode("utf-8")
