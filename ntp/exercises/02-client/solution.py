"""Asks the time server for the time, in the format that is typed."""

import socket
import sys
import unicodedata


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    try:
        ask((host, port))
    except OSError as error:
        sys.exit(f"error: no answer from {host}:{port}: {error}")


def ask(server):
    """Asks `server` until the input ends."""
    #~ uncomment
    # (1) socket
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    while True:
        # (2) input
        try:
            format = input(">>>")
        except EOFError:
            break
        # (3) sendto: an empty line is an empty datagram
        #~ write
        sock.sendto(format.encode(), server)
        #~ end
        # (4) recvfrom: for 5 seconds, and only `server` is believed
        #~ write
        #~| answer = b""
        sock.settimeout(5)
        peer = None
        while peer != server:
            answer, peer = sock.recvfrom(65535)
        #~ end
        print(harmless(answer.decode("utf-8", "replace")), flush=True)
    # (5) close
    sock.close()
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
