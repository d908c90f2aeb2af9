"""Sends back in capitals what each client sends, each client in a thread of its own."""

import socketserver
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8081
    #~ uncomment
    # (1) socket, setsockopt SO_REUSEADDR, bind, listen
    server = Server(("127.0.0.1", port), Echo)
    # (2) accept: each connection gets a handler, in a thread
    server.serve_forever()
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket, bind, listen: take the # from the lines above, and this line away")
    #~ end


class Echo(socketserver.BaseRequestHandler):
    """Talks to one client until it hangs up."""

    def handle(self):
        while True:
            # (3) recv: what has come so far; nothing at a hang-up
            #~ write
            #~| message = b""
            message = self.request.recv(4096)
            #~ end
            if not message:
                return  # (5) close: the server does it when `handle` has returned
            print(message, flush=True)
            # (4) sendall
            #~ write
            self.request.sendall(message.upper())
            #~ end


#~ write
#~| class Server(socketserver.TCPServer):
class Server(socketserver.ThreadingTCPServer):
    #~ end
    allow_reuse_address = True
    request_queue_size = 128  # the backlog; 5 unless it is told
    daemon_threads = True  # they do not keep the program alive when the main thread ends

    def handle_error(self, request, client_address):
        print(f"lost the connection to {client_address}: {sys.exc_info()[1]}", file=sys.stderr)


try:
    main()
except KeyboardInterrupt:
    pass
