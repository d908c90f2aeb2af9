"""Sends one greeting, and shows the answer and who sent it."""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    try:
        greet((socket.gethostbyname(host), port))
    except OSError as error:
        sys.exit(f"error: no answer from {host}:{port}: {error}")


def greet(server):
    #~ uncomment
    # (1) socket, at a port that the system chooses
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(2)
    # (2) sendto
    sock.sendto(b"hello server baby!", server)
    # (3) recvfrom: until the server has answered
    #~ write
    peer = None
    while peer != server:
        answer, peer = sock.recvfrom(65535)
    print(answer, peer, flush=True)
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
