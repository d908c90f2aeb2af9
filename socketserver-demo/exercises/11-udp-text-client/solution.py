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
        sys.exit(f"error: no answer from {host}:{port}: {error}")


def talk(server):
    """Talks to `server` for as long as it answers."""
    #~ uncomment
    # (1) socket
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    #~ write
    sock.settimeout(5)
    #~ end
    while True:
        # (2) sendto
        sock.sendto(MESSAGE.encode(), server)
        # (3) recvfrom: only `server` is believed
        #~ write
        #~| answer = b""
        peer = None
        while peer != server:
            answer, peer = sock.recvfrom(65535)
        #~ end
        # On the screen: text, whatever the bytes are, and nothing that a terminal obeys.
        #~ write
        #~| text = ""
        text = harmless(answer.decode("utf-8", "replace"))
        #~ end
        print(text, flush=True)
        time.sleep(1)
    # (4) close: when the program ends
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


def harmless(text):
    """The text with its control characters escaped, newline and tab excepted: a terminal obeys them."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else repr(c)[1:-1] for c in text)


try:
    main()
except KeyboardInterrupt:
    pass
