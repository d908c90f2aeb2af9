"""The header of a file: bincode, packed with struct, where the lesson has a pickle.

Whoever loads a pickle runs what it says; this describes data and nothing else.

    bytes            what
    8                length of the name, unsigned, little-endian
    as that says     the name, UTF-8
    8                length of the md5, 32
    32               the md5 as hexadecimal digits
    8                the file's size in bytes, unsigned, little-endian, below 2**63

Rust: ftp-class/src/header.rs
"""

import struct

from common.header import MAX_SIZE, HeaderError, read_header, read_length


def encode(filename, md5, file_size):
    """The header as bytes, without its length before it."""
    packed = b""
    for text in (filename.encode(), md5.encode()):
        packed += struct.pack("<Q", len(text)) + text
    return packed + struct.pack("<Q", file_size)


def decode(data):
    """The header that data is, all of it: a dict with filename, md5, file_size."""
    try:
        filename, data = _take_text(data)
        md5, data = _take_text(data)
        (file_size,) = struct.unpack_from("<Q", data)
    except (struct.error, UnicodeDecodeError):
        raise HeaderError("bad header: it is not the bincode of a file header") from None
    if len(data) > 8:
        raise HeaderError(f"bad header: {len(data) - 8} bytes too many")
    if file_size > MAX_SIZE:
        raise HeaderError(f"bad header: a size of {file_size} bytes")
    return {"filename": filename, "md5": md5, "file_size": file_size}


def receive(stream):
    """Receives a header's length and the header. None if the length is 0."""
    length = read_length(stream)
    if length is None:
        raise HeaderError("the peer closed instead of sending a header")
    return decode(read_header(stream, length)) if length else None


def _take_text(data):
    """The text at the beginning of data, and what follows it."""
    (length,) = struct.unpack_from("<Q", data)
    if length > len(data) - 8:
        raise struct.error("the text does not fit")
    return data[8 : 8 + length].decode(), data[8 + length :]
