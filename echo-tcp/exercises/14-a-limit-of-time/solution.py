"""Sends back in capitals what each client sends, one after another, and waits for none too long."""

import socket
import sys

LIMIT = 2
"""How long a client may be silent, or take nothing of what is sent to it, in seconds."""


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
    """Talks with one client until it hangs up, or is silent for too long."""
    #~ write
    #~| # TODO: neither `recv` nor `sendall` may wait for longer than LIMIT.
    conn.settimeout(LIMIT)
    #~ end
    while True:
        # (6) recv: what has come so far; nothing when the client has hung up
        message = conn.recv(64 * 1024)
        if not message:
            return  # (8) close: `with conn` ends
        print(message, flush=True)
        # (7) sendall: the message in capitals
        conn.sendall(message.upper())


try:
    main()
except KeyboardInterrupt:
    pass
