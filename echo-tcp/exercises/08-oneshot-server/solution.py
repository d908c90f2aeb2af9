"""Answers one message in capitals, and ends."""

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
                return
            except OSError as error:
                # It has not had its turn: the next one gets it.
                print(f"nothing came of {peer}: {error}", file=sys.stderr)
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


def serve(conn):
    """Answers one client. An error is a client that did not say anything."""
    # (6) recv: what one receive gives is taken for the message
    #~ write
    #~| data = b""
    data = conn.recv(64 * 1024)
    if not data:
        raise OSError("it left without a word")
    #~ end
    message = data.decode("utf-8", "replace")
    print(f"我收到客户端发的 {harmless(message)}", flush=True)
    # (7) sendall: the text in capitals
    #~ write
    conn.sendall(message.upper().encode())
    #~ end
    # (8) shutdown: the answer is complete; close: `with conn` ends
    #~ write
    conn.shutdown(socket.SHUT_WR)
    #~ end


def harmless(text):
    """The text with its control characters escaped: a terminal obeys them."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


try:
    main()
except KeyboardInterrupt:
    pass
