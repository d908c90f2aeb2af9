"""Answers every datagram with the time, in the format that the datagram asks for: local time, or
that of the place whose offset from UTC stands before the format, `+0800 %H:%M`."""

import datetime
import socket
import sys
import time
import unicodedata

# What an empty datagram asks for.
DEFAULT_FORMAT = "%Y-%m-%d %X"


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
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
        try:
            sock.sendto(answer.encode(), peer)
        except OSError as error:
            print(f"cannot answer {peer}: {error}", file=sys.stderr)


def time_in(format):
    """The time in that format, or one line that says why it cannot be given."""
    if "\0" in format:
        return "a time format must not contain a NUL character"
    #~ write
    #~| # TODO: take the offset from the front of the format, if one stands there; with an offset, the time there.
    offset, format = split_offset(format)
    if offset is not None:
        return datetime.datetime.now(offset).strftime(format or DEFAULT_FORMAT)
    #~ end
    return time.strftime(format or DEFAULT_FORMAT, time.localtime())
#~ write


def split_offset(request):
    """The offset before the format, if one stands there, and the format: of `+0800 %H` both."""
    offset, blank, format = request.partition(" ")
    if blank and offset.startswith(("+", "-")):
        try:
            return datetime.datetime.strptime(offset, "%z").tzinfo, format
        except ValueError:
            pass  # an ordinary format
    return None, request
#~ end


def harmless(text):
    """The text with its control characters escaped, newline and tab excepted: a terminal obeys them."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else repr(c)[1:-1] for c in text)


try:
    main()
except KeyboardInterrupt:
    pass
