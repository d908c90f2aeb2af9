"""Shows messages as they arrive, and sends each typed line at once, to whoever wrote last."""

import socket
import sys
import threading
import unicodedata

# Who wrote last. One thread sets it, the other reads it.
partner = None


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    # (1) socket, setsockopt SO_REUSEADDR, bind
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    print("start running...", flush=True)
    #~ write
    #~| # TODO: two threads: one receives and shows, this one reads the keyboard and sends.
    #~| while True:
    #~|     # (2) recvfrom: a message, and who sent it
    #~|     message, peer = sock.recvfrom(65535)
    #~|     show(message, peer)
    #~|     # (3) input
    #~|     try:
    #~|         line = input("回复消息:>>")
    #~|     except EOFError:
    #~|         break
    #~|     # (4) sendto: the line, without white space at its ends
    #~|     try:
    #~|         sock.sendto(line.strip().encode(), peer)
    #~|     except OSError as error:
    #~|         print(f"cannot send to {peer}: {error}", file=sys.stderr)
    # A daemon: it does not keep the program alive when this thread ends.
    threading.Thread(target=receive, args=(sock,), daemon=True).start()
    while True:
        # (3) input: the prompt stands below the message that came last
        try:
            line = input()
        except EOFError:
            break
        # (4) sendto: the line, without white space at its ends
        if partner is None:
            print("nobody has written yet", file=sys.stderr)
            continue
        try:
            sock.sendto(line.strip().encode(), partner)
        except OSError as error:
            print(f"cannot send to {partner}: {error}", file=sys.stderr)
    #~ end
    # (5) close
    sock.close()
#~ write


def receive(sock):
    """Shows each message, and the prompt for an answer below it."""
    global partner
    while True:
        # (2) recvfrom: a message, and who sent it
        message, partner = sock.recvfrom(65535)
        show(message, partner)
        print("回复消息:>>", end="", flush=True)
#~ end


def show(message, peer):
    """Prints a message on a blue background."""
    ip, port = peer
    text = harmless(message.decode("utf-8", "replace"))
    print(f"来自[{ip}:{port}]的一条消息:\033[44m{text}\033[0m", flush=True)


def harmless(text):
    """The text with its control characters escaped, newline and tab excepted: a terminal obeys them."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else repr(c)[1:-1] for c in text)


try:
    main()
except KeyboardInterrupt:
    pass
