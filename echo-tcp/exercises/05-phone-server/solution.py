"""Sends back to each caller what it says, and is there again at once after a restart."""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8002
    #~ uncomment
    # (1) socket: buy a phone
    phone = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # (2) setsockopt SO_REUSEADDR: it counts only if it is set before bind
    #~ write
    phone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    #~ end
    # (3) bind: put the number in
    phone.bind(("127.0.0.1", port))
    # (4) listen: switch it on
    phone.listen(5)
    while True:
        # (5) accept: pick up, or wait for a call
        call, caller = phone.accept()
        with call:
            try:
                serve(call, caller)
            except OSError as error:
                print(f"lost the connection to {caller}: {error}", file=sys.stderr)
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


def serve(call, caller):
    """Talks with one caller until it hangs up."""
    #~ write
    #~| # (6) recv: listen
    #~| # (7) sendall: speak
    #~| # (8) close: `with call` ends
    while True:
        # (6) recv: listen
        message = call.recv(64 * 1024)
        if not message:
            return  # (8) close: `with call` ends
        print(f"msg={message} addr={caller}", flush=True)
        # (7) sendall: speak
        call.sendall(message)
    #~ end


try:
    main()
except KeyboardInterrupt:
    pass
