"""Receives one message whose size stands before it, and prints it in pieces of 1024 bytes."""

import json
import socket
import struct
import sys

MAX_HEADER = 64 * 1024
"""The longest header that is accepted, in bytes."""

PIECE = 1024
"""The most that is received and printed at a time, in bytes."""


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    try:
        receive_message((host, port))
    except (OSError, ValueError) as error:
        sys.exit(f"error: {host}:{port}: {error}")


def receive_message(server):
    """Receives and prints the message."""
    #~ uncomment
    # (1) socket
    conn = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # (2) connect
    conn.connect(server)
    # (3) recv: the header's length in 4 bytes, then the header
    size = receive_header(conn)
    # (4) recv: the body, exactly as many bytes as the header says
    print_body(conn, size)
    # (5) close
    conn.close()
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


def receive_header(conn):
    """Receives the header and returns the size that it tells."""
    #~ write
    #~| return 0
    (length,) = struct.unpack("<i", receive(conn, 4))
    if not 0 <= length <= MAX_HEADER:
        raise ValueError(f"no header has {length} bytes")
    header = json.loads(receive(conn, length))
    size = header.get("size") if isinstance(header, dict) else None
    if type(size) is not int or size < 0:
        raise ValueError(f"no size: {header}")
    return size
    #~ end


def print_body(conn, size):
    """Receives and prints a body of size bytes, PIECE bytes at a time."""
    #~ write
    left = size
    while left > 0:
        piece = receive(conn, min(left, PIECE))
        print(piece, flush=True)
        left -= len(piece)
    #~ end


def receive(conn, size):
    """Receives exactly size bytes, as often as it takes."""
    received = b""
    while len(received) < size:
        data = conn.recv(size - len(received))
        if not data:
            raise OSError("it hung up before its message ended")
        received += data
    return received


try:
    main()
except KeyboardInterrupt:
    pass
