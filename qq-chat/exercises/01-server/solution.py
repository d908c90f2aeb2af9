"""Shows each message that arrives and sends back what is typed."""

import socket
import sys
import unicodedata


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    #~ uncomment
    # (1) socket, setsockopt SO_REUSEADDR, bind
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    print("start running...", flush=True)
    while True:
        # (2) recvfrom: a message, and who sent it
        #~ write
        #~| message, peer = b"", ("127.0.0.1", port)
        message, peer = sock.recvfrom(65535)
        #~ end
        show(message, peer)
        # (3) input
        try:
            line = input("回复消息:>>")
        except EOFError:
            break
        # (4) sendto: the line, without white space at its ends
        #~ write
        try:
            sock.sendto(line.strip().encode(), peer)
        except OSError as error:
            print(f"cannot send to {peer}: {error}", file=sys.stderr)
        #~ end
    # (5) close
    sock.close()
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket, setsockopt, bind: take the # from the lines above, and this line away")
    #~ end


def show(message, peer):
    """Prints a message on a blue background."""
    ip, port = peer
    #~ write
    #~| text = ""
    text = harmless(message.decode("utf-8", "replace"))
    #~ end
    print(f"来自[{ip}:{port}]的一条消息:\033[44m{text}\033[0m", flush=True)


def harmless(text):
    """The text with its control characters escaped, newline and tab excepted: a terminal obeys them."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else repr(c)[1:-1] for c in text)


try:
    main()
except KeyboardInterrupt:
    pass
