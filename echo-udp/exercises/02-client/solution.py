"""Sends hello once a second, and shows the answers."""

import socket
import sys
import time


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8888
    try:
        talk((socket.gethostbyname(host), port))
    except OSError as error:
        sys.exit(f"error: no answer from {host}:{port}: {error}")


def talk(server):
    """Talks with the server until it answers no more."""
    #~ uncomment
    # (1) socket: the system binds it to a free port when the first datagram leaves
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    #~ write
    #~| # It waits for ever: give it a time limit of two seconds here.
    sock.settimeout(2)
    #~ end
    while True:
        # (2) sendto
        sock.sendto(b"hello", server)
        # (3) recvfrom: anybody can send to an open port, and only the server is believed
        #~ write
        #~| answer = b""
        peer = None
        while peer != server:
            answer, peer = sock.recvfrom(65535)
        #~ end
        print(answer, flush=True)
        time.sleep(1)
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


try:
    main()
except KeyboardInterrupt:
    pass
