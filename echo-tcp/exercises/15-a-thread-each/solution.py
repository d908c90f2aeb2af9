"""Sends back in capitals what each client sends, all clients side by side."""

import socket
import sys
import threading


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    # (1) socket
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # (2) setsockopt SO_REUSEADDR
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # (3) bind
    listener.bind(("127.0.0.1", port))
    # (4) listen
    #~ write
    #~| # TODO: the backlog holds those who are not accepted yet, and a crowd may come at once.
    #~| listener.listen(5)
    listener.listen(128)
    #~ end
    while True:
        # (5) accept
        conn, peer = listener.accept()
        #~ write
        #~| # TODO: the next client must not wait until this one has left.
        #~| talk(conn, peer)
        threading.Thread(target=talk, args=(conn, peer), daemon=True).start()
        #~ end


def talk(conn, peer):
    """Serves one client, whatever becomes of it."""
    with conn:
        try:
            serve(conn)
        except OSError as error:
            print(f"lost the connection to {peer}: {error}", file=sys.stderr)


def serve(conn):
    """Talks with one client until it hangs up."""
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
