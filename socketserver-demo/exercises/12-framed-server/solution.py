"""Sends each text back in capitals, in frames, to all clients at once."""

import json
import socketserver
import struct
import sys
import unicodedata

# The longest header and the longest text that are taken, in bytes.
MAX_HEADER = 64 * 1024
MAX_TEXT = 1024 * 1024


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    #~ uncomment
    # (1) socket, setsockopt SO_REUSEADDR, bind, listen
    server = Server(("127.0.0.1", port), FramedEcho)
    # (2) accept: each connection gets a handler, in a thread
    server.serve_forever()
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket, bind, listen: take the # from the lines above, and this line away")
    #~ end


class FramedEcho(socketserver.BaseRequestHandler):
    """Talks to one client until it hangs up."""

    def handle(self):
        while True:
            # (3) recv: a frame
            try:
                text = read_frame(self.request)
            except EOFError:
                return  # (5) close: the server does it when `handle` has returned
            print(f"收到客户端消息 {harmless(text)}", flush=True)
            # (4) sendall: a frame, in one write
            self.request.sendall(pack(text.upper()))


def pack(text):
    """A frame: the length of the header in 4 bytes, the header, the text."""
    body = text.encode()
    header = json.dumps({"data_size": len(body)}).encode()
    #~ write
    #~| return b""
    return struct.pack("<i", len(header)) + header + body
    #~ end


def read_frame(conn):
    """Receives a frame and returns its text; a hang-up is an EOFError."""
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
    #~ write
    while len(data) < size:
        part = conn.recv(size - len(data))
        if not part:
            raise EOFError("it hung up")
        data += part
    #~ end
    return data


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 128  # the backlog; 5 unless it is told
    daemon_threads = True  # they do not keep the program alive when the main thread ends

    def handle_error(self, request, client_address):
        print(f"lost the connection to {client_address}: {sys.exc_info()[1]}", file=sys.stderr)


def harmless(text):
    """The text with its control characters escaped, newline and tab excepted: a terminal obeys them."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else repr(c)[1:-1] for c in text)


try:
    main()
except KeyboardInterrupt:
    pass
