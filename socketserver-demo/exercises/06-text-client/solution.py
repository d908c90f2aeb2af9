"""Sends a message once a second, and prints the answers as text."""

import socket
import sys
import time
import unicodedata

MESSAGE = "hello"


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8888
    try:
        talk((host, port))
    except OSError as error:
        sys.exit(f"error: no echo from {host}:{port}: {error}")


def talk(server):
    """Talks to `server` for as long as it answers."""
    message = MESSAGE.encode()
    #~ uncomment
    # (1) socket, connect
    conn = socket.create_connection(server)
    while True:
        # (2) sendall, and recv until as many bytes are back
        echo = b""
        #~ write
        conn.sendall(message)
        while len(echo) < len(message):
            data = conn.recv(len(message) - len(echo))
            if not data:
                raise ConnectionError("it hung up in the middle of the answer")
            echo += data
        #~ end
        # On the screen: text, whatever the bytes are, and nothing that a terminal obeys.
        #~ write
        #~| text = ""
        text = harmless(echo.decode("utf-8", "replace"))
        #~ end
        print(text, flush=True)
        time.sleep(1)
    # (3) close: when the program ends
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket, connect: take the # from the lines above, and this line away")
    #~ end


def harmless(text):
    """The text with its control characters escaped, newline and tab excepted: a terminal obeys them."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else repr(c)[1:-1] for c in text)


try:
    main()
except KeyboardInterrupt:
    pass
