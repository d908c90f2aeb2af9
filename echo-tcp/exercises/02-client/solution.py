"""Sends each typed line to the server and prints what comes back."""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    try:
        talk((host, port))
    except OSError as error:
        sys.exit(f"error: {host}:{port}: {error}")


def talk(server):
    """Asks for lines and shows what the server makes of them."""
    #~ uncomment
    # (1) socket
    conn = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # (2) connect
    conn.connect(server)
    # (3) input
    while (line := prompt("请输入你:")) is not None:
        message = line.strip().encode()
        if not message:
            continue  # it would send no bytes, and no answer would come
        echo = exchange(conn, message)
        print(harmless(echo.decode("utf-8", "replace")), flush=True)
    # (6) close
    conn.close()
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


def exchange(conn, message):
    """Sends the message, and receives as many bytes as it has."""
    echo = b""
    # (4) sendall
    #~ write
    conn.sendall(message)
    #~ end
    # (5) recv: as often as it takes until all bytes are back
    #~ write
    while len(echo) < len(message):
        data = conn.recv(len(message) - len(echo))
        if not data:
            raise OSError("it hung up before its answer ended")
        echo += data
    #~ end
    return echo


def prompt(text):
    """Shows text and reads a line. None when the input has ended (Ctrl-D)."""
    try:
        return input(text)
    except EOFError:
        return None


def harmless(text):
    """The text with its control characters escaped: a terminal obeys them."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


try:
    main()
except KeyboardInterrupt:
    pass
