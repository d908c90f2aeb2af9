"""Sends three datagrams, one right after the other, and awaits no answer."""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8081
    server = (host, port)
    #~ uncomment
    # (1) socket, at a port that the system chooses
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # (2) sendto: each message is a datagram of its own
    sock.sendto(b"hello", server)
    #~ write
    sock.sendto(b"world", server)
    sock.sendto(b"sdfas", server)
    #~ end
    # (3) close
    sock.close()
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


try:
    main()
except KeyboardInterrupt:
    pass
