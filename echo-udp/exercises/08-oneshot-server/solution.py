"""Answers one datagram in capitals, and ends."""

import re
import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    #~ uncomment
    # (1) socket
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # (2) bind
    sock.bind(("127.0.0.1", port))
    # (3) recvfrom
    #~ write
    #~| sock.recvfrom(0)  # replace this: it keeps nothing of what comes
    data, peer = sock.recvfrom(65535)
    message = data.decode("utf-8", "replace")
    print(f"收到客户端消息 {harmless(message)}", flush=True)
    #~ end
    # (4) sendto: the text in capitals
    #~ write
    try:
        sock.sendto(message.upper().encode(), peer)
    except OSError as error:
        print(f"cannot answer {peer}: {error}", file=sys.stderr)
    #~ end
    # (5) close
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
