"""Talks with the person at the server: you write, they answer, in turns."""

import re
import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8081
    server = (socket.gethostbyname(host), port)
    #~ uncomment
    # (1) socket, at a port that the system chooses
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    while True:
        print("udp客户端开始运行了", flush=True)
        # (2) input
        line = prompt("请输入")
        if line is None:
            break
        # (3) sendto: without the blanks around it; an empty line is an empty datagram
        #~ write
        sock.sendto(line.strip().encode(), server)
        #~ end
        # (4) recvfrom: until the server has answered, however long the person there takes
        #~ write
        peer = None
        while peer != server:
            answer, peer = sock.recvfrom(65535)
        text = answer.decode("utf-8", "replace")
        print(harmless(text), flush=True)
        #~ end
    # (5) close
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
