"""Sends each datagram back in capitals, and shows the whole request: the datagram and the socket."""

import socketserver
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8888
    #~ uncomment
    # (1) socket, bind
    server = Server(("127.0.0.1", port), Echo)
    # (2) recvfrom: each datagram gets a handler, in a thread
    server.serve_forever()
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket, bind: take the # from the lines above, and this line away")
    #~ end


class Echo(socketserver.BaseRequestHandler):
    """Answers one datagram."""

    def handle(self):
        # The request is a pair: the datagram, and the server's own socket.
        #~ write
        #~| print("", flush=True)
        print(self.request, flush=True)
        data, sock = self.request
        #~ end
        # (3) sendto: through that socket, to the client
        #~ write
        sock.sendto(data.upper(), self.client_address)
        #~ end


class Server(socketserver.ThreadingUDPServer):
    max_packet_size = 65535  # 8192 unless it is told: what is longer would be cut
    daemon_threads = True  # they do not keep the program alive when the main thread ends

    def handle_error(self, request, client_address):
        print(f"cannot answer {client_address}: {sys.exc_info()[1]}", file=sys.stderr)


try:
    main()
except KeyboardInterrupt:
    pass
