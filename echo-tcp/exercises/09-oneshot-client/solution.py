"""Sends one message, prints the one answer, and ends."""

import socket
import sys

MESSAGE = "hello hello"

MAX_ANSWER = 1024 * 1024
"""The longest answer that is accepted, in bytes."""


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    try:
        answer = ask((host, port))
    except OSError as error:
        sys.exit(f"error: {host}:{port}: {error}")
    text = answer.decode("utf-8", "replace")
    print(f"我收到服务端回的 {harmless(text)}")


def ask(server):
    """Sends the message and returns the answer."""
    #~ uncomment
    # (1) socket
    conn = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # (2) connect
    conn.connect(server)
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end
    # (3) sendall
    #~ write
    conn.sendall(MESSAGE.encode())
    #~ end
    # (4) recv: until nothing comes any more
    answer = b""
    #~ write
    while data := conn.recv(4096):
        answer += data
        if len(answer) > MAX_ANSWER:
            raise OSError("its answer is too long")
    #~ end
    if not answer:
        raise OSError("it hung up without an answer")
    # (5) close
    conn.close()
    return answer


def harmless(text):
    """The text with its control characters escaped: a terminal obeys them."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


try:
    main()
except KeyboardInterrupt:
    pass
