"""Sends each text back in capitals, in frames, to all clients at once: five texts to each."""

import json
import socket
import socketserver
import struct
import sys
import unicodedata

# The longest header and the longest text that are taken, in bytes.
MAX_HEADER = 64 * 1024
MAX_TEXT = 1024 * 1024

# How many messages of one connection are answered, and the answer to the next one.
LIMIT = 5
FAREWELL = "no more than 5 messages"


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    # (1) socket, setsockopt SO_REUSEADDR, bind, listen
    server = Server(("127.0.0.1", port), FramedEcho)
    # (2) accept: each connection gets a handler, in a thread
    server.serve_forever()


class FramedEcho(socketserver.BaseRequestHandler):
    """Talks to one client until it hangs up, or has said too much."""

    def handle(self):
        #~ write
        #~| # TODO: answer LIMIT messages; answer the next with FAREWELL, and hang up.
        answered = 0
        #~ end
        while True:
            # (3) recv: a frame
            try:
                text = read_frame(self.request)
            except EOFError:
                return  # (5) close: the server does it when `handle` has returned
            #~ write
            if answered == LIMIT:
                self.request.sendall(pack(FAREWELL))
                return hang_up(self.request)  # (5) close
            answered += 1
            #~ end
            print(f"收到客户端消息 {harmless(text)}", flush=True)
            # (4) sendall: a frame, in one write
            self.request.sendall(pack(text.upper()))


#~ write
def hang_up(conn):
    """Ends a connection so that the last answer arrives: to close with bytes unread is a reset."""
    conn.shutdown(socket.SHUT_WR)
    conn.settimeout(1)
    try:
        while conn.recv(4096):
            pass
    except OSError:
        pass  # nothing more comes within a second, or it is gone


#~ end
def pack(text):
    """A frame: the length of the header in 4 bytes, the header, the text."""
    body = text.encode()
    header = json.dumps({"data_size": len(body)}).encode()
    return struct.pack("<i", len(header)) + header + body


def read_frame(conn):
    """Receives a frame and returns its text; a hang-up is an EOFError."""
    # The length: 4 bytes, signed, the smallest first.
    (length,) = struct.unpack("<i", receive(conn, 4))
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
