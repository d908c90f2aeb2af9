"""Stores the files that clients send, and tells each client the md5 of what has arrived."""

import hashlib
import json
import os
import socket
import struct
import sys

MAX_HEADER = 64 * 1024
"""The longest header that is accepted, in bytes."""

MAX_SIZE = 1 << 40
"""The largest file that is accepted: 1 TiB."""

BUFFER = 64 * 1024


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    upload = sys.argv[2] if len(sys.argv) > 2 else "upload"
    os.makedirs(upload, exist_ok=True)
    #~ uncomment
    # (1) socket, setsockopt SO_REUSEADDR, bind, listen
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        # (2) accept
        conn, peer = listener.accept()
        with conn:
            try:
                serve(conn, upload)
            except EOFError:
                pass  # the end of the connection is no error: so a client says that it has no more files
            except (OSError, ValueError, RecursionError) as error:
                print(f"hung up on {peer}: {error}", file=sys.stderr)
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


def serve(conn, upload):
    """Stores the files of one client, until the connection ends or a header makes no sense."""
    while True:
        # (3) recv: header length, header
        name, size = receive_header(conn)
        # (4) recv: the file
        md5 = store(conn, os.path.join(upload, name), size)
        # (5) sendall: what was stored
        conn.sendall(frame({"file_name": name, "file_size": size, "md5": md5}))


def receive_header(conn):
    """Receives a header and looks at what it says: whoever connects can send anything."""
    (length,) = struct.unpack("<i", receive(conn, 4))
    #~ write
    #~| header = json.loads(b"{}")
    if not 0 < length <= MAX_HEADER:
        raise ValueError(f"no header has {length} bytes")
    header = json.loads(receive(conn, length))
    #~ end
    if not isinstance(header, dict):
        raise ValueError(f"no header: {header!r}")
    name, size = header.get("file_name"), header.get("file_size")
    if not isinstance(name, str) or type(size) is not int:
        raise ValueError("no name, or no size")
    # One plain name: a path leads elsewhere, and a terminal obeys control characters.
    if name in ("", ".", "..") or "/" in name or "\\" in name or not name.isprintable():
        raise ValueError(f"no file name: {name!r}")
    #~ write
    if not 0 <= size <= MAX_SIZE:
        raise ValueError(f"no file has {size} bytes")
    #~ end
    return name, size


def receive(conn, size):
    """Receives exactly size bytes, as often as it takes."""
    received = b""
    while len(received) < size:
        data = conn.recv(size - len(received))
        if not data:
            raise EOFError
        received += data
    return received


def store(conn, path, size):
    """Stores what comes, and gives it its name when it is whole. Tells its md5."""
    part = f"{path}.part"
    try:
        md5 = receive_file(conn, part, size)
        os.replace(part, path)
        return md5
    finally:
        if os.path.exists(part):
            os.remove(part)


def receive_file(conn, path, size):
    """Receives the size bytes of a file, not one more, and tells their md5."""
    md5 = hashlib.md5()
    left = size
    with open(path, "wb") as file:
        #~ write
        #~| pass
        while left > 0:
            data = conn.recv(min(left, BUFFER))
            if not data:
                raise EOFError
            file.write(data)
            md5.update(data)
            left -= len(data)
        #~ end
    return md5.hexdigest()


def frame(fields):
    """A header as it goes over the wire: its length in 4 bytes (signed, little-endian), then itself, JSON."""
    header = json.dumps(fields).encode()
    return struct.pack("<i", len(header)) + header


try:
    main()
except KeyboardInterrupt:
    pass
