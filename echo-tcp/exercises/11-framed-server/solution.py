"""Sends one message whose size stands before it, and ends."""

import json
import socket
import struct
import sys

MESSAGE = "Hello Client!"


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    #~ uncomment
    # (1) socket
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # (2) setsockopt SO_REUSEADDR
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # (3) bind
    listener.bind(("127.0.0.1", port))
    # (4) listen
    listener.listen(5)
    # (5) accept
    conn, peer = listener.accept()
    with conn:
        try:
            # (6) pack: the header's length, the header, the body
            frame = pack(MESSAGE)
            # (7) sendall: one for all three
            conn.sendall(frame)
            # (8) shutdown: the message is complete; close: `with conn` ends
            conn.shutdown(socket.SHUT_WR)
        except OSError as error:
            sys.exit(f"error: cannot send to {peer}: {error}")
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


def pack(message):
    """The frame of a message: the header's length in 4 bytes, the header in JSON, the body."""
    #~ write
    #~| return b""
    body = message.encode()
    header = json.dumps({"size": len(body)}).encode()
    return struct.pack("<i", len(header)) + header + body
    #~ end


try:
    main()
except KeyboardInterrupt:
    pass
