"""The frame of the framed pair, on both ways: a header that tells the size, then the text.

    bytes   what
    4       length N of the header, signed, little-endian
    N       {"data_size": M}
    M       the text, UTF-8

The mirror of socketserver-demo/src/frame.rs.
"""

from common import console, header

MAX_TEXT = 1024 * 1024
"""The longest text that is sent or accepted, in bytes."""


def pack(text):
    """Packs a text into one buffer, so that one write sends it."""
    data = text.encode()
    if len(data) > MAX_TEXT:
        raise console.Failure(f"a text of {len(data)} bytes is too long, at most {MAX_TEXT} are accepted: send less")
    return header.pack_json({"data_size": len(data)}, data)


def read(stream):
    """A frame's text; what is not UTF-8 becomes U+FFFD. None when the peer closed before it."""
    fields = header.read_json(stream)
    if fields is None:
        return None
    data = header.read_body(stream, header.size(fields, "data_size"), MAX_TEXT)
    return data.decode("utf-8", "replace")
