"""Writes to a person of the contact list and shows each answer, in turns."""

import socket
import sys
import unicodedata


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    place = (host, port)
    # The contact list: whom one can write to, and where.
    friends = {"pony": place, "jack": place, "charles": place, "nick": place}
    #~ uncomment
    while True:
        # (1) input: whom
        print("QQ名单列表:")
        for name in friends:
            print(name)
        name = input("请输入聊天对象:>>").strip()
        # A name that is not in the list: the list again.
        #~ write
        #~| server = place
        if name not in friends:
            continue
        server = friends[name]
        #~ end
        # (2) socket
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        while True:
            # (3) input: what; `quit` goes back to the list, an empty line asks again
            text = input("请输入消息,回车发送:").strip()
            #~ write
            if text == "quit":
                break
            if not text:
                continue
            #~ end
            # (4) sendto
            #~ write
            sock.sendto(text.encode(), server)
            #~ end
            # (5) recvfrom: only `server` is believed
            #~ write
            #~| message = b""
            peer = None
            while peer != server:
                message, peer = sock.recvfrom(65535)
            #~ end
            show(message, server)
        # (6) close
        sock.close()
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) input: take the # from the lines above, and this line away")
    #~ end


def show(message, peer):
    """Prints a message on a red background."""
    ip, port = peer
    text = harmless(message.decode("utf-8", "replace"))
    print(f"来自[{ip}:{port}]的一条消息:\033[41m{text}\033[0m", flush=True)


def harmless(text):
    """The text with its control characters escaped, newline and tab excepted: a terminal obeys them."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else repr(c)[1:-1] for c in text)


try:
    main()
except (EOFError, KeyboardInterrupt):
    pass  # Ctrl-D, Ctrl-C
