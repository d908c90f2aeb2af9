"""Sends back in capitals what each client sends, one client after another."""

import socket
import sys


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
    while True:
        # (5) accept
        conn, peer = listener.accept()
        with conn:
            try:
                serve(conn)
            except OSError as error:
                print(f"lost the connection to {peer}: {error}", file=sys.stderr)
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


def serve(conn):
    """Talks with one client until it hangs up."""
    while True:
        # (6) recv: what has come so far; nothing when the client has hung up
        #~ write
        #~| message = b""
        message = conn.recv(64 * 1024)
        #~ end
        if not message:
            return  # (8) close: `with conn` ends
        print(message, flush=True)
        # (7) sendall: the message in capitals
        #~ write
        conn.sendall(message.upper())
        #~ end


try:
    main()
except KeyboardInterrupt:
    pass
