"""Writes to a person of the contact list, and shows what comes from there, whenever it comes."""

import socket
import sys
import threading
import unicodedata

# The prompt at which the person is: a message that arrives shows it again, below itself.
prompt = ""


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    place = (host, port)
    # The contact list: whom one can write to, and where.
    friends = {"pony": place, "jack": place, "charles": place, "nick": place}
    #~ write
    #~| # TODO: one socket for all friends (2), and a thread that receives from it (5).
    # (2) socket: one for all friends, who are at one place
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("0.0.0.0", 0))
    # A daemon: it does not keep the program alive when this thread ends.
    threading.Thread(target=receive, args=(sock, place), daemon=True).start()
    #~ end
    while True:
        # (1) input: whom
        print("QQ名单列表:")
        for name in friends:
            print(name)
        #~ write
        #~| # TODO: `show_prompt`, here and below, remembers for the thread which prompt it is.
        #~| name = input("请输入聊天对象:>>").strip()
        show_prompt("请输入聊天对象:>>")
        name = input().strip()
        #~ end
        # A name that is not in the list: the list again.
        if name not in friends:
            continue
        server = friends[name]
        #~ write
        #~| # (2) socket
        #~| sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        show_prompt("请输入消息,回车发送:")
        #~ end
        while True:
            # (3) input: what; `quit` goes back to the list, an empty line asks again
            #~ write
            #~| text = input("请输入消息,回车发送:").strip()
            text = input().strip()
            #~ end
            if text == "quit":
                break
            if not text:
                #~ write
                show_prompt("请输入消息,回车发送:")
                #~ end
                continue
            # (4) sendto
            sock.sendto(text.encode(), server)
            #~ write
            #~| # (5) recvfrom: only `server` is believed
            #~| peer = None
            #~| while peer != server:
            #~|     message, peer = sock.recvfrom(65535)
            #~| show(message, server)
            #~ end
        #~ write
        #~| # (6) close
        #~| sock.close()
        # (6) close: when the program ends
        #~ end
#~ write


def receive(sock, server):
    """Shows each message of `server`, and below it the prompt at which the person is."""
    while True:
        # (5) recvfrom: only `server` is believed
        message, peer = sock.recvfrom(65535)
        if peer == server:
            show(message, server)
            show_prompt(prompt)
#~ end


def show_prompt(text):
    """Shows a prompt and remembers it."""
    global prompt
    prompt = text
    print(text, end="", flush=True)


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
