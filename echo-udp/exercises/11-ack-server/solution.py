"""Confirms each datagram with a fixed text."""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8001
    #~ uncomment
    # (1) socket
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # (2) bind
    sock.bind(("127.0.0.1", port))
    while True:
        # (3) recvfrom: an empty datagram arrives too, with its sender's address
        #~ write
        #~| sock.recvfrom(0)  # replace this: it keeps nothing of what comes
        message, peer = sock.recvfrom(65535)
        print(f"data= {message},add = {peer}", flush=True)
        #~ end
        # (4) sendto
        #~ write
        try:
            sock.sendto("恭喜您传输成功".encode(), peer)
        except OSError as error:
            print(f"cannot answer {peer}: {error}", file=sys.stderr)
        #~ end
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


try:
    main()
except KeyboardInterrupt:
    pass
