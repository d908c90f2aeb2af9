"""TCP: a listening socket for servers, a connection for clients. The mirror of common/src/net/tcp.rs."""

import errno
import socket

from .. import console, flags
from .accept import Listener
from .address import resolve, resolve_all, shown
from .or_say import failed, no_answer, or_cannot_listen, or_say


def listener(args):
    """The listening socket of a server, with the ready line: socket, SO_REUSEADDR, bind, listen.

    echo-tcp/python/server.py makes the calls itself.
    """
    family, address = resolve(args.host, args.port, socket.SOCK_STREAM)
    with or_say("cannot make a socket for", address):
        sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, flags.reuse_address(args))
    with or_cannot_listen(sock, address):
        sock.bind(address)
        sock.listen(args.backlog)
    return Listener(sock)


def connect_tcp(args, start, limit=None):
    """Connects to a server and tells its address: socket, connect. echo-tcp/python/client.py makes the calls itself.

    start is the command that starts the server. No address is waited for longer than limit, in seconds, and the
    connection keeps this limit. Without one, the system gives up after minutes: a server whose backlog is full, or a
    machine that is switched off, says nothing at all.
    """

    def connect(family, address):
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.settimeout(limit)
        sock.connect(address)
        return sock

    return first_of(args, start, connect, limit)


def first_of(args, start, connect, limit=None):
    """Has connect(family, address) try the server's addresses, one after the other, until one answers.

    A name such as localhost may have several. Of several failures the first is told. TCP_NODELAY is set on the
    connection: a client awaits answers, and Nagle's algorithm would hold back the last bytes of a message until the
    server has acknowledged those before.
    """
    first = None
    for family, address in resolve_all(args.host, args.port, socket.SOCK_STREAM):
        try:
            sock = connect(family, address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock, address
        except OSError as error:
            first = first or _cannot_connect(address, error, limit, start)
    raise first


def _cannot_connect(address, error, limit, start):
    if error.errno == errno.ECONNREFUSED:
        return console.Failure(f"no server at {shown(address)}: start it with {start}")
    # The system's own patience has an error number, ours has none.
    if isinstance(error, socket.timeout) and error.errno is None:
        return no_answer(address, limit, start)
    return failed("cannot connect to", address, error)
