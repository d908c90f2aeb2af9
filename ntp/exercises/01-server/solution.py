"""Answers every datagram with the local time, in the format that the datagram asks for."""

import socket
import sys
import time
import unicodedata

# What an empty datagram asks for.
DEFAULT_FORMAT = "%Y-%m-%d %X"


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    #~ uncomment
    # (1) socket, bind
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", port))
    while True:
        # (2) recvfrom: a datagram, and who sent it
        request, peer = sock.recvfrom(65535)
        print(f"收到客户端的命令是 {harmless(request.decode('utf-8', 'replace'))}", flush=True)
        # (3) strftime: the format becomes the time
        try:
            answer = time_in(request.decode())
        except UnicodeDecodeError:
            answer = "a time format must be UTF-8 text"
        # (4) sendto: an answer that is too long for a datagram is not sent
        #~ write
        try:
            sock.sendto(answer.encode(), peer)
        except OSError as error:
            print(f"cannot answer {peer}: {error}", file=sys.stderr)
        #~ end
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket, bind: take the # from the lines above, and this line away")
    #~ end


def time_in(format):
    """The time in that format, or one line that says why it cannot be given."""
    #~ write
    #~| return format
    if "\0" in format:
        return "a time format must not contain a NUL character"
    return time.strftime(format or DEFAULT_FORMAT, time.localtime())
    #~ end


def harmless(text):
    """The text with its control characters escaped, newline and tab excepted: a terminal obeys them."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else repr(c)[1:-1] for c in text)


try:
    main()
except KeyboardInterrupt:
    pass
