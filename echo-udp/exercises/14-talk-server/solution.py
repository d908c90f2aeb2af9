"""Talks with people who call: they write, you answer, in turns."""

import re
import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8081
    #~ uncomment
    # (1) socket
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # (2) bind
    sock.bind(("127.0.0.1", port))
    while True:
        print("udp服务端开始运行了", flush=True)
        # (3) recvfrom
        #~ write
        #~| sock.recvfrom(0)  # replace this: it keeps nothing of what comes
        message, peer = sock.recvfrom(65535)
        text = message.decode("utf-8", "replace")
        print(harmless(text), flush=True)
        #~ end
        # (4) input
        line = prompt("请输入")
        if line is None:
            break
        # (5) sendto: without the blanks around it; an empty line is an empty datagram
        #~ write
        try:
            sock.sendto(line.strip().encode(), peer)
        except OSError as error:
            print(f"cannot answer {peer}: {error}", file=sys.stderr)
        #~ end
    # (6) close
    sock.close()
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


def prompt(text):
    """Shows text and reads a line. None when the input has ended (Ctrl-D)."""
    try:
        return input(text)
    except EOFError:
        return None


def harmless(text):
    """The text with its control characters escaped: a terminal obeys them."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", lambda c: repr(c[0])[1:-1], text)


try:
    main()
except KeyboardInterrupt:
    pass
