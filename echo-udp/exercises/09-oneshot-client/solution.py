"""Sends one datagram, shows the one answer, and ends."""

import re
import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    try:
        ask((socket.gethostbyname(host), port))
    except OSError as error:
        sys.exit(f"error: no answer from {host}:{port}: {error}")


def ask(server):
    #~ uncomment
    # (1) socket, at a port that the system chooses
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    #~ write
    #~| # It waits for ever.
    sock.settimeout(2)
    #~ end
    # (2) sendto
    sock.sendto(b"hello world!", server)
    # (3) recvfrom: until the server has answered
    #~ write
    peer = None
    while peer != server:
        data, peer = sock.recvfrom(65535)
    answer = data.decode("utf-8", "replace")
    print(f"收到服务端消息 {harmless(answer)}", flush=True)
    #~ end
    # (4) close
    sock.close()
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


def harmless(text):
    """The text with its control characters escaped: a terminal obeys them."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", lambda c: repr(c[0])[1:-1], text)


try:
    main()
except KeyboardInterrupt:
    pass
