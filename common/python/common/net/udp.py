"""UDP: whole datagrams, their senders, when they came, and time limits. The mirror of udp.rs and stamped.rs."""

import contextlib
import errno
import os
import socket
import struct
import sys
import time

from .. import console
from .accept import BACK_OFF, EXHAUSTED
from .address import ready, resolve
from .or_say import failed, or_cannot_listen, or_no_answer, or_say, time_left

BUFFER_SIZE = 65535
"""A receive of this size loses nothing of any datagram."""

SO_TIMESTAMPNS = 35
"""Linux's number for the option, and for what recvmsg tells by it; the module socket has no name for it."""

TIMESPEC = struct.Struct("@ll")
"""A time as the kernel writes it: seconds and nanoseconds."""

# Windows tells in a receive that an earlier datagram could not be delivered.
_UNDELIVERED = (errno.ECONNRESET, errno.ENETRESET)


def udp_socket(args, reuse_address=False):
    """The socket of a server, with the ready line: socket, SO_REUSEADDR if asked for, bind. UDP needs no listen.

    echo-udp/python/server.py makes the calls itself.
    """
    family, address = resolve(args.host, args.port, socket.SOCK_DGRAM)
    with or_say("cannot make a socket for", address):
        sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse_address and os.name == "posix")
    with or_cannot_listen(sock, address):
        sock.bind(address)
    return BoundSocket(sock)


class BoundSocket(socket.socket):
    """The socket of a server, which is bound already: prints the ready line.

    Its recvfrom survives what is no fault of the socket's own.
    """

    def __init__(self, sock):
        super().__init__(sock.family, sock.type, sock.proto, sock.detach())
        self.address = self.getsockname()
        ready("udp", self.address)

    def stamp_arrivals(self):
        """setsockopt, SO_TIMESTAMPNS: has the kernel note when each datagram comes, where there is one that does.

        common/src/net/stamped.rs says what for. Elsewhere recv_stamped() looks at the clock itself.
        """
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                self.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)

    def recvfrom(self, size):
        """One datagram from anybody else, with its sender.

        Anybody can write a false sender into a datagram. One that claims to come from the server itself is passed
        over: the answer would come back as the next question, and so on for ever. A lack of memory is a warning and a
        short rest.
        """
        return self._receive(super().recvfrom, size)[:2]

    def recv_batch(self, size, limit, most):
        """recvfrom for a crowd: waits until a datagram is there, and yields that and those behind it, most in all.

        Waits for limit seconds at most; None waits for ever, 0 not at all. Afterwards the socket waits again, so that
        sendto does as it always does.
        """
        self.settimeout(limit)
        try:
            for _ in range(most):
                yield self.recvfrom(size)
                if limit != 0:
                    self.settimeout(0)
                    limit = 0
        except (socket.timeout, BlockingIOError):
            pass
        finally:
            self.settimeout(None)

    def recv_stamped(self, size):
        """recvmsg: as recvfrom(), and when the datagram came, in nanoseconds of Unix."""

        def receive(size):
            if sys.platform != "linux":
                return (*super(BoundSocket, self).recvfrom(size), time.time_ns())
            data, control, _, peer = self.recvmsg(size, socket.CMSG_SPACE(TIMESPEC.size))
            for level, kind, stamp in control:
                if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                    seconds, nanoseconds = TIMESPEC.unpack(stamp)
                    return data, peer, seconds * 10**9 + nanoseconds
            return data, peer, time.time_ns()

        return self._receive(receive, size)

    def _receive(self, receive, size):
        while True:
            try:
                received = receive(size)
            except (socket.timeout, BlockingIOError):
                raise
            except OSError as error:
                if error.errno in _UNDELIVERED:
                    continue
                failure = failed("cannot receive on", self.address, error)
                if error.errno not in EXHAUSTED:
                    raise failure from None
                console.warn(failure)
                time.sleep(BACK_OFF)
                continue
            if not is_own(received[1], self.address):
                return received


def udp_client(args):
    """The socket of a client, and the server's address: socket."""
    family, server = resolve(args.host, args.port, socket.SOCK_DGRAM)
    with or_say("cannot make a socket for", server):
        return socket.socket(family, socket.SOCK_DGRAM), server


def is_own(peer, own):
    """Whether an answer to peer would arrive at the socket that is bound to own.

    Asks the system only where the ports are the same, which no honest client's port has to be.
    """
    return peer[1] == own[1] and (peer[0] == own[0] or own[0] in ("0.0.0.0", "::") and _is_of_this_machine(peer))


def _is_of_this_machine(address):
    """Whether the address is one of this machine's: a socket can be bound to those alone.

    Where the system cannot say (no descriptor is left) it counts as one: an answer that is not sent is a datagram
    lost, one that comes back is the next question. With Linux's setting ip_nonlocal_bind every address can be bound,
    and counts.
    """
    host = address[0]
    if host.startswith("::ffff:") and "." in host:
        address = (host[len("::ffff:") :], 0)  # IPv4, as a socket for IPv6 shows it
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.bind((address[0], 0) + address[2:])
    except OSError as error:
        return error.errno != errno.EADDRNOTAVAIL
    return True


def receive_answer(sock, server, limit, start):
    """The server's answer: recvfrom until a datagram comes from server, for limit seconds in all.

    echo-udp/python/client.py has the loop in the open.
    """
    asked = time.monotonic()
    while True:
        with or_no_answer(server, limit, start):
            # A stranger's datagrams must not prolong the wait.
            sock.settimeout(time_left(asked, limit))
            answer, peer = sock.recvfrom(BUFFER_SIZE)
        if answers_for(peer, server):
            return answer, peer


def answers_for(peer, server):
    """Whether a datagram from peer is an answer of server. Anybody can send to an open port; only the server is believed."""
    # What is sent to 0.0.0.0 goes to this machine, which answers as 127.0.0.1.
    asked = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(server[0], server[0])
    return (peer[0], peer[1]) == (asked, server[1])
