"""Sends a text once a second, in a frame, and prints the answers."""

import json
import socket
import struct
import sys
import time
import unicodedata

TEXT = "hello world!"
# The longest header and the longest text that are taken, in bytes.
MAX_HEADER = 64 * 1024
MAX_TEXT = 1024 * 1024


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    try:
        talk((host, port))
    except (OSError, EOFError, ValueError, RecursionError) as error:
        sys.exit(f"error: no answer from {host}:{port}: {error}")


def talk(server):
    """Talks to `server` for as long as it answers."""
    #~ uncomment
    # (1) socket, connect
    conn = socket.create_connection(server)
    while True:
        # (2) sendall: a frame, in one write
        #~ write
        conn.sendall(pack(TEXT))
        #~ end
        # (3) recv: a frame
        #~ write
        #~| answer = ""
        answer = read_frame(conn)
        #~ end
        print(harmless(answer), flush=True)
        time.sleep(1)
    # (4) close: when the program ends
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket, connect: take the # from the lines above, and this line away")
    #~ end


def pack(text):
    """A frame: the length of the header in 4 bytes, the header, the text."""
    body = text.encode()
    header = json.dumps({"data_size": len(body)}).encode()
    #~ write
    #~| return b""
    return struct.pack("<i", len(header)) + header + body
    #~ end


def read_frame(conn):
    """Receives a frame and returns its text."""
    # The length: 4 bytes, signed, the smallest first.
    #~ write
    #~| length = 0
    (length,) = struct.unpack("<i", receive(conn, 4))
    #~ end
    if not 0 <= length <= MAX_HEADER:
        raise ValueError(f"a header of {length} bytes")
    # The header: as many bytes, JSON.
    header = json.loads(receive(conn, length))
    size = header.get("data_size") if isinstance(header, dict) else None
    if type(size) is not int or not 0 <= size <= MAX_TEXT:
        raise ValueError(f"the header {header}")
    # The text: as many bytes as the header says, UTF-8.
    text = receive(conn, size)
    return text.decode("utf-8", "replace")


def receive(conn, size):
    """Receives exactly `size` bytes; a hang-up is an EOFError."""
    data = b""
    while len(data) < size:
        part = conn.recv(size - len(data))
        if not part:
            raise EOFError("it hung up")
        data += part
    return data


def harmless(text):
    """The text with its control characters escaped, newline and tab excepted: a terminal obeys them."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else repr(c)[1:-1] for c in text)


try:
    main()
except KeyboardInterrupt:
    pass
