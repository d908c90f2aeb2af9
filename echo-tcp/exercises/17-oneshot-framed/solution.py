"""Answers one message in capitals, and ends. A header before each tells where it ends."""

import json
import socket
import struct
import sys

MAX_SIZE = 64 * 1024
"""The longest header and the longest message that are accepted, in bytes."""


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    # (1) socket
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # (2) setsockopt SO_REUSEADDR
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # (3) bind
    listener.bind(("127.0.0.1", port))
    # (4) listen
    listener.listen(5)
    while True:
        # (5) accept
        conn, peer = listener.accept()
        with conn:
            try:
                serve(conn)
                return
            except (OSError, ValueError) as error:
                # It has not had its turn: the next one gets it.
                print(f"nothing came of {peer}: {error}", file=sys.stderr)


def serve(conn):
    """Answers one client. An error is a client that did not say anything."""
    #~ write
    #~| # (6) recv: what one receive gives is taken for the message
    #~| # TODO: receive the header's length, the header, and as many bytes as that says.
    #~| data = conn.recv(64 * 1024)
    #~| if not data:
    #~|     raise OSError("it left without a word")
    #~| message = data.decode("utf-8", "replace")
    # (6) recv: the header's length in 4 bytes, the header, the message
    (length,) = struct.unpack("<i", receive(conn, 4))
    header = json.loads(receive(conn, accepted(length)))
    size = header.get("size") if isinstance(header, dict) else None
    message = receive(conn, accepted(size)).decode("utf-8", "replace")
    #~ end
    print(f"我收到客户端发的 {harmless(message)}", flush=True)
    #~ write
    #~| # (7) sendall: the text in capitals
    #~| # TODO: send it in a frame, too.
    #~| conn.sendall(message.upper().encode())
    # (7) sendall: the frame of the text in capitals
    conn.sendall(pack(message.upper()))
    #~ end
    # (8) shutdown: the answer is complete; close: `with conn` ends
    conn.shutdown(socket.SHUT_WR)


def pack(message):
    """The frame of a message: the header's length in 4 bytes, the header in JSON, the body."""
    body = message.encode()
    header = json.dumps({"size": len(body)}).encode()
    return struct.pack("<i", len(header)) + header + body


def accepted(size):
    """The size, unless it is no number of bytes, or too large."""
    if type(size) is not int or not 0 <= size <= MAX_SIZE:
        raise ValueError(f"a size of {size!r} is not accepted")
    return size


def receive(conn, size):
    """Receives exactly size bytes, as often as it takes."""
    received = b""
    while len(received) < size:
        data = conn.recv(size - len(received))
        if not data:
            raise OSError("it left before its message ended")
        received += data
    return received


def harmless(text):
    """The text with its control characters escaped: a terminal obeys them."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


try:
    main()
except KeyboardInterrupt:
    pass
