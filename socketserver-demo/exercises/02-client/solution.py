"""Sends a message once a second, and prints the answers."""

import socket
import sys
import time

MESSAGE = b"hello"


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8081
    try:
        talk((host, port))
    except OSError as error:
        sys.exit(f"error: no echo from {host}:{port}: {error}")


def talk(server):
    """Talks to `server` for as long as it answers."""
    #~ uncomment
    # (1) socket, connect
    conn = socket.create_connection(server)
    while True:
        # (2) sendall, and recv until as many bytes are back
        echo = b""
        #~ write
        conn.sendall(MESSAGE)
        while len(echo) < len(MESSAGE):
            data = conn.recv(len(MESSAGE) - len(echo))
            if not data:
                raise ConnectionError("it hung up in the middle of the answer")
            echo += data
        #~ end
        print(echo, flush=True)
        time.sleep(1)
    # (3) close: when the program ends
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket, connect: take the # from the lines above, and this line away")
    #~ end


try:
    main()
except KeyboardInterrupt:
    pass
