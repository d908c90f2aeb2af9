"""Receives three datagrams, shows each as it was sent, and ends."""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8081
    #~ uncomment
    # (1) socket
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # (2) bind
    sock.bind(("127.0.0.1", port))
    # (3) recvfrom: one datagram, whole
    #~ write
    #~| sock.recvfrom(0)  # replace this: it keeps nothing of what comes
    for _ in range(3):
        message, peer = sock.recvfrom(65535)
        print((message, peer), flush=True)
    #~ end
    # (4) close
    sock.close()
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


try:
    main()
except KeyboardInterrupt:
    pass
