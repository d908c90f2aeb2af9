"""Sends hello once a second, and again when no answer comes; shows the answers."""

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
    # (1) socket: the system binds it to a free port when the first datagram leaves
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    #~ write
    #~| sock.settimeout(2)
    #~ end
    while True:
        #~ write
        #~| # TODO: an answer has a second to come. Without one send again, three times in all.
        #~| # (2) sendto
        #~| sock.sendto(b"hello", server)
        #~| # (3) recvfrom: anybody can send to an open port, and only the server is believed
        #~| peer = None
        #~| while peer != server:
        #~|     answer, peer = sock.recvfrom(65535)
        answer = ask(sock, server)
        #~ end
        print(answer, flush=True)
        time.sleep(1)


#~ write
def ask(sock, server):
    """Sends the message, up to three times, and receives the answer."""
    for _ in range(3):
        # (2) sendto
        sock.sendto(b"hello", server)
        deadline = time.monotonic() + 1
        # What strangers send must not prolong the second.
        while (left := deadline - time.monotonic()) > 0:
            sock.settimeout(left)
            try:
                # (3) recvfrom: anybody can send to an open port, and only the server is believed
                answer, peer = sock.recvfrom(65535)
            except socket.timeout:
                break
            if peer == server:
                return answer
    raise OSError("sent three times")


#~ end
try:
    main()
except KeyboardInterrupt:
    pass
