"""Answers each line in capitals, however the lines arrive; one client after another."""

import socket
import sys

MAX_LINE = 1024
"""The longest line that is accepted, in bytes, its newline counted."""


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
            except OSError as error:
                print(f"lost the connection to {peer}: {error}", file=sys.stderr)


def serve(conn):
    """Talks with one client until it hangs up."""
    #~ write
    # What has come and is not answered yet.
    pending = b""
    #~ end
    while True:
        # (6) recv: what has come so far; nothing when the client has hung up
        message = conn.recv(64 * 1024)
        if not message:
            return  # (8) close: `with conn` ends
        #~ write
        #~| # TODO: this may be a part of a line, or several lines, and must not grow without a limit.
        #~| print(message, flush=True)
        #~| # (7) sendall: the message in capitals
        #~| conn.sendall(message.upper())
        *lines, pending = (pending + message).split(b"\n")
        for line in lines:
            check(len(line) + 1)
            print(line + b"\n", flush=True)
            # (7) sendall: the line in capitals
            conn.sendall(line.upper() + b"\n")
        # What is left will be a byte longer at least: its newline.
        check(len(pending) + 1)
        #~ end


#~ write
def check(size):
    """Refuses a line of so many bytes if it is too long."""
    if size > MAX_LINE:
        raise OSError("it sends too long a line")


#~ end
try:
    main()
except KeyboardInterrupt:
    pass
