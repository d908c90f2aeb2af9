"""Sends numbered messages, again when no answer comes, and shows the answer to each."""

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
    #~| # TODO: number the messages, from 1.
    #~| while True:
    #~|     answer = ask(sock, server)
    number = 0
    while True:
        number += 1
        answer = ask(sock, server, number)
        #~ end
        print(answer, flush=True)
        time.sleep(1)


#~ write
#~| def ask(sock, server):
def ask(sock, server, number):
    #~ end
    """Sends the message, up to three times, and receives the answer."""
    for _ in range(3):
        # (2) sendto
        #~ write
        #~| sock.sendto(b"hello", server)
        sock.sendto(f"{number} hello".encode(), server)
        #~ end
        deadline = time.monotonic() + 1
        # What strangers send must not prolong the second.
        while (left := deadline - time.monotonic()) > 0:
            sock.settimeout(left)
            try:
                # (3) recvfrom: anybody can send to an open port, and only the server is believed
                answer, peer = sock.recvfrom(65535)
            except socket.timeout:
                break
            #~ write
            #~| # TODO: this may be a late answer, to the message before.
            #~| if peer == server:
            if peer == server and answer.startswith(f"{number} ".encode()):
                #~ end
                return answer
    raise OSError("sent three times")


try:
    main()
except KeyboardInterrupt:
    pass
