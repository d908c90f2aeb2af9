"""Calls the phone server, says each typed line, and prints what comes back."""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8002
    try:
        talk((host, port))
    except OSError as error:
        sys.exit(f"error: {host}:{port}: {error}")


def talk(server):
    """Makes the call, which lasts as long as somebody types."""
    #~ uncomment
    # (1) socket: buy a phone
    call = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # (2) connect: call
    call.connect(server)
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end
    # (3) input: the line as it is, blanks too
    # (4) sendall, and recv until as many bytes are back: `exchange` does both
    #~ write
    while (message := prompt(">>>>")) is not None:
        if not message:
            continue  # silence cannot be sent: the server would not answer it
        echo = exchange(call, message.encode())
        print(harmless(echo.decode("utf-8", "replace")), flush=True)
    #~ end
    # (5) close: hang up
    call.close()


def exchange(call, message):
    """Sends the message, and receives as many bytes as it has."""
    call.sendall(message)
    echo = b""
    while len(echo) < len(message):
        data = call.recv(len(message) - len(echo))
        if not data:
            raise OSError("it hung up before its answer ended")
        echo += data
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
