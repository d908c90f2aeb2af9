"""Sends each datagram back in capitals; a copy is answered as the first was, and not shown."""

#~ write
import collections
#~ end
import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8888
    # (1) socket
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # (2) bind
    sock.bind(("127.0.0.1", port))
    #~ write
    # The last hundred answers, the newest first: to which number of which client.
    answers = collections.deque(maxlen=100)
    #~ end
    while True:
        # (3) recvfrom: one datagram, and the address of its sender
        message, peer = sock.recvfrom(65535)
        #~ write
        #~| # TODO: has this client sent a datagram of this number before?
        #~| print(message, flush=True)
        number = message.split(b" ")[0]
        key = (peer, number)
        answer = next((answer for other, answer in answers if other == key), None)
        if answer is None:
            print(message, flush=True)
            answer = message.upper()
            if number.isdigit():
                answers.appendleft((key, answer))
        #~ end
        # (4) sendto: the message in capitals, to its sender
        try:
            #~ write
            #~| sock.sendto(message.upper(), peer)
            sock.sendto(answer, peer)
            #~ end
        except OSError as error:
            print(f"cannot answer {peer}: {error}", file=sys.stderr)


try:
    main()
except KeyboardInterrupt:
    pass
