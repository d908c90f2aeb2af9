"""Sends a message once a second, and prints the answers with the address that they come from."""

import socket
import sys
import time

MESSAGE = b"hello"


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
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
        sock.sendto(MESSAGE, server)
        # (3) recvfrom: only `server` is believed
        #~ write
        #~| answer, peer = b"", server
        peer = None
        while peer != server:
            answer, peer = sock.recvfrom(65535)
        #~ end
        print(answer, peer, flush=True)
        time.sleep(1)
    # (4) close: when the program ends
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


try:
    main()
except KeyboardInterrupt:
    pass
