"""Uploads a file and compares the md5 of what left with the md5 of what arrived."""

import hashlib
import json
import os
import socket
import struct
import sys

MAX_HEADER = 64 * 1024
"""The longest header that is accepted, in bytes."""

BUFFER = 64 * 1024

NAME = "file.bin"
"""What is uploaded, under the name that it has."""


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    path = os.path.join(sys.argv[3] if len(sys.argv) > 3 else ".", NAME)
    try:
        upload((host, port), path)
    except (OSError, ValueError, RecursionError) as error:
        sys.exit(f"error: server {host}:{port}: {error}")


def upload(server, path):
    """Sends the file and waits until the server confirms what it has stored."""
    #~ uncomment
    # (1) socket, connect
    conn = socket.create_connection(server)
    # (2) open the file
    with conn, open(path, "rb") as file:
        size = os.path.getsize(path)
        # (3) sendall: header length, header
        header = json.dumps({"file_name": NAME, "file_size": size}).encode()
        #~ write
        conn.sendall(struct.pack("<i", len(header)) + header)
        #~ end
        # (4) sendall: the file
        md5 = send_file(conn, file, size)
        # (5) recv: what was stored
        stored = receive_header(conn)
        if "error" in stored:
            raise ValueError(f"it refuses the file: {stored['error']!r}")
        #~ write
        if (stored.get("file_size"), stored.get("md5")) != (size, md5):
            raise ValueError(f"it has stored {stored}")
        #~ end
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


def send_file(conn, file, size):
    """Sends size bytes of the file, and tells their md5."""
    md5 = hashlib.md5()
    left = size
    #~ write
    while left > 0:
        data = file.read(min(left, BUFFER))
        if not data:
            raise ValueError("the file has become shorter")
        conn.sendall(data)
        md5.update(data)
        left -= len(data)
    #~ end
    return md5.hexdigest()


def receive_header(conn):
    """Receives a header: its length in 4 bytes (signed, little-endian), then the JSON."""
    (length,) = struct.unpack("<i", receive(conn, 4))
    if not 0 < length <= MAX_HEADER:
        raise ValueError(f"no header has {length} bytes")
    header = json.loads(receive(conn, length))
    if not isinstance(header, dict):
        raise ValueError(f"no header: {header!r}")
    return header


def receive(conn, size):
    """Receives exactly size bytes, as often as it takes."""
    received = b""
    while len(received) < size:
        data = conn.recv(size - len(received))
        if not data:
            raise OSError("the server hung up instead of confirming")
        received += data
    return received


try:
    main()
except KeyboardInterrupt:
    pass
