"""Sockets, made in the order in which the system wants it. The mirror of common/src/net."""

import contextlib
import decimal
import errno
import os
import socket
import struct
import sys
import threading
import time

from . import console, flags

try:
    import resource
except ImportError:  # Windows
    resource = None

MAX_DATAGRAM = 65507
"""The most that one datagram carries over IPv4, in bytes: 65,535 less the IP header's 20 and the UDP header's 8."""

BUFFER_SIZE = 65535
"""A receive of this size loses nothing of any datagram."""

BLOCK = 64 * 1024
"""How much is sent before the echo is received: so much fits into the buffers of the two systems."""

MAX_CONVERSATIONS = 4000
"""How many conversations a server holds at a time, if it has descriptors for them.

Each has a thread, and what threads need (memory for their stacks, mappings of it) is limited by the system, which may
end the process instead of refusing one thread more. common/src/net/conversation.rs has the numbers.
"""

DESCRIPTORS = 2
"""How many descriptors a conversation needs: its socket, and the file that it sends or stores."""

_most = None  # conversations, known when the first begins
_seats = None

SO_TIMESTAMPNS = 35
"""Linux's number for the option, and for what recvmsg tells by it; the module socket has no name for it."""

TIMESPEC = struct.Struct("@ll")
"""A time as the kernel writes it: seconds and nanoseconds."""

BACK_OFF = 0.05
"""How long to wait after a failure that may come again at once, in seconds."""

_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

# Windows tells in a receive that an earlier datagram could not be delivered.
_UNDELIVERED = (errno.ECONNRESET, errno.ENETRESET)

# What accept says of a socket that is none, or that does not listen: the next accept will fail too.
_USELESS = (errno.EBADF, errno.EINVAL, errno.ENOTSOCK, errno.EOPNOTSUPP)


def resolve_all(host, port, kind):
    """All (family, address) pairs of a host, in the order in which the system prefers them."""
    name = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        found = socket.getaddrinfo(name, port, type=kind)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise console.Failure(f'cannot find the host "{host}": {why}: check --host') from None
    return [(family, address) for family, _, _, _, address in found]


def resolve(host, port, kind):
    """The (family, address) that the system prefers for a host."""
    return resolve_all(host, port, kind)[0]


@contextlib.contextmanager
def or_say(what, address):
    """Makes an error that says what failed and on which address: "cannot send to 127.0.0.1:8080: ..."."""
    try:
        yield
    except OSError as error:
        raise _failure(what, address, error) from None


@contextlib.contextmanager
def or_warn(what, address):
    """As or_say(), but as a warning: the program goes on after the with."""
    try:
        with or_say(what, address):
            yield
    except console.Failure as failure:
        console.warn(failure)


@contextlib.contextmanager
def or_cannot_listen(sock, address):
    """Around bind and listen: an error that says why the address cannot be had, and what to do."""
    try:
        yield
    except OSError as error:
        raise _cannot_listen(sock, address, error) from None


@contextlib.contextmanager
def or_no_answer(server, limit, start):
    """Around a client's receive: no answer within limit seconds is an error; start is the command that starts the server."""
    try:
        yield
    except socket.timeout:
        raise no_answer(server, limit, start) from None
    except OSError as error:
        raise _failure("cannot receive from", server, error) from None


def time_left(start, limit):
    """How much is left of limit since start (time.monotonic()), as a socket takes it: None waits for ever."""
    if limit is None:
        return None
    left = limit - (time.monotonic() - start)
    if left <= 0:
        raise socket.timeout
    return left


def listener(args):
    """The listening socket of a server, with the ready line: socket, SO_REUSEADDR, bind, listen.

    echo-tcp/python/server.py makes the calls itself.
    """
    family, address = resolve(args.host, args.port, socket.SOCK_STREAM)
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
    failed = None
    for family, address in resolve_all(args.host, args.port, socket.SOCK_STREAM):
        try:
            sock = connect(family, address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock, address
        except OSError as error:
            failed = failed or _cannot_connect(address, error, limit, start)
    raise failed


def blocks(message):
    """The message in blocks that fit into the buffers of the two systems."""
    return (message[start : start + BLOCK] for start in range(0, len(message), BLOCK))


def exchange(conn, message, server):
    """Sends a message and receives as many bytes back: sendall, then recv until all are there.

    echo-tcp/python/client.py has the loop in the open, and says why it goes in blocks.
    """
    echo = bytearray()
    with or_say("lost the connection to", server):
        for block in blocks(message):
            conn.sendall(block)
            sent = len(echo) + len(block)
            while len(echo) < sent:
                data = conn.recv(sent - len(echo))
                if not data:
                    raise hung_up(server, len(echo), len(message))
                echo += data
    return bytes(echo)


def hung_up(server, got, expected):
    """The error of a server that closes in the middle of its answer."""
    return console.Failure(
        f"{shown(server)} hung up after {got} of {expected} bytes of the answer: is the server still running?"
    )


def _most_conversations(first):
    """How many there can be, beginning with that on first: whoever is accepted must get a descriptor for the file too."""
    if resource is None:
        return MAX_CONVERSATIONS
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return MAX_CONVERSATIONS
    # A new descriptor has the lowest number that is free: so many are in use. Two stay free: one to
    # accept who is refused, one for what the system's libraries open in passing.
    return min(max((limit - first.fileno() - 2) // DESCRIPTORS, 1), MAX_CONVERSATIONS)


def converse_in_thread(conn, peer, conversation, *args):
    """Holds conversation(conn, peer, *args) in a thread of its own and closes the connection afterwards.

    The conversation may open one file at a time. One that ends badly is one warning that names the peer. A peer for
    whom no thread can be started is closed at once, with a warning too, and so is one that comes while 4,000 others are
    served, or so many that the descriptors would not do for one more. The server goes on in all cases.
    """
    global _seats, _most
    if _most is None:
        _most = _most_conversations(conn)
        _seats = threading.BoundedSemaphore(_most)

    def converse():
        try:
            with conn:
                conversation(conn, peer, *args)
        except (console.Failure, OSError) as error:
            console.warn(f"{shown(peer)}: {console.reason(error)}")
        finally:
            _seats.release()

    if not _seats.acquire(blocking=False):
        conn.close()
        console.warn(f"{shown(peer)} is refused: {_most} conversations are running")
        return
    try:
        # A daemon: Ctrl-C ends the server although clients are connected.
        threading.Thread(target=converse, daemon=True).start()
    except RuntimeError as error:
        _seats.release()
        conn.close()
        console.warn(f"{shown(peer)} is refused: {error}")


def wait_for_message(conn):
    """Waits until the peer sends something, however long that takes: at a prompt, a person thinks.

    Receives nothing yet (MSG_PEEK). False when the peer has closed.
    """
    limit = conn.gettimeout()
    conn.settimeout(None)
    try:
        return bool(conn.recv(1, socket.MSG_PEEK))
    finally:
        conn.settimeout(limit)


def hang_up(conn):
    """Closes a connection so that the last answer still arrives.

    To close with received bytes unread is a reset, which takes from the peer what it has not read yet. So this sends
    the end of the stream, and reads for a second at most.
    """
    deadline = time.monotonic() + 1
    try:
        conn.shutdown(socket.SHUT_WR)
        while True:
            conn.settimeout(max(deadline - time.monotonic(), 0.001))
            if not conn.recv(4096) or time.monotonic() > deadline:
                break
    except OSError:
        pass  # whatever fails here, the connection is at its end anyway
    conn.close()


def udp_socket(args, reuse_address=False):
    """The socket of a server, with the ready line: socket, SO_REUSEADDR if asked for, bind. UDP needs no listen.

    echo-udp/python/server.py makes the calls itself.
    """
    family, address = resolve(args.host, args.port, socket.SOCK_DGRAM)
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
            self.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)

    def recvfrom(self, size):
        """One datagram from anybody else, with its sender.

        Anybody can write a false sender into a datagram. One that claims to come from the server itself is passed
        over: the answer would come back as the next question, and so on for ever. A lack of memory is a warning and a
        short rest.
        """
        return self._receive(super().recvfrom, size)[:2]

    def recv_within(self, size, limit):
        """As recvfrom(), but waits for limit seconds at most: None when nothing came. None waits for ever, 0 not at all."""
        self.settimeout(limit)

        def receive(size):
            try:
                return super(BoundSocket, self).recvfrom(size)
            except (socket.timeout, BlockingIOError):
                return None, ("", 0)  # nobody's datagram: no port is 0

        data, peer = self._receive(receive, size)[:2]
        return None if data is None else (data, peer)

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
            except OSError as error:
                if error.errno in _UNDELIVERED:
                    continue
                failure = _failure("cannot receive on", self.address, error)
                if error.errno not in _EXHAUSTED:
                    raise failure from None
                console.warn(failure)
                time.sleep(BACK_OFF)
                continue
            if not is_own(received[1], self.address):
                return received


def udp_client(args):
    """The socket of a client, and the server's address: socket."""
    family, server = resolve(args.host, args.port, socket.SOCK_DGRAM)
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


def ready(protocol, address):
    """The ready line on stderr, with the port that the system chose."""
    console.log(f"listening on {protocol} {shown(address)}")


def shown(address):
    """An address as it is written outside Python: 127.0.0.1:8080, [::1]:8080."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Listener:
    """A listening socket whose accept() survives a lack of descriptors.

    One descriptor is kept in reserve. When none is left it is given up to accept the client, who is closed with a
    warning if it cannot be taken back while the client has its own; a plain loop around accept would spin.

    The connections inherit two options from the listening socket. TCP_NODELAY: answers go out at once. SO_KEEPALIVE:
    a client whose machine was switched off says no goodbye; the system asks after a minute of silence, and when
    nobody answers for some time, recv fails.
    """

    def __init__(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, seconds in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 10)):
            if hasattr(socket, option):  # where it is missing, the system's own times hold
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), seconds)
        self.socket = sock
        self._address = sock.getsockname()
        self._reserve = sock.dup()
        ready("tcp", self._address)

    def accept(self):
        """Waits for the next client: its connection and its address.

        Fails when the socket itself is of no use. Any other failure is a warning and a short rest: on Linux accept
        tells what happened to the client's connection too, such as an unreachable network.
        """
        while True:
            try:
                return self.socket.accept()
            except ConnectionAbortedError:
                pass  # it left between its handshake and our accept
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    accepted = self._accept_or_refuse(error)
                    if accepted:
                        return accepted
                    continue
                failure = f"cannot accept on {shown(self._address)}: {console.reason(error)}"
                if error.errno in _USELESS:
                    raise console.Failure(failure) from None
                console.warn(failure)
                time.sleep(BACK_OFF)

    def _accept_or_refuse(self, why):
        """With the reserve's descriptor. By the time that a client comes, there may be descriptors again."""
        if self._reserve is None:
            time.sleep(BACK_OFF)
        else:
            self._reserve.close()
            self._reserve = None
        try:
            conn, peer = self.socket.accept()
        except OSError:
            conn = None  # another thread took the descriptor first; the next round tries again
        self._restock()
        if self._reserve is None and conn:
            conn.close()
            console.warn(f"{shown(peer)} is refused: {console.reason(why)}")
            self._restock()
            return None
        return (conn, peer) if conn else None

    def _restock(self):
        with contextlib.suppress(OSError):
            self._reserve = self.socket.dup()


def _failure(what, address, error):
    why = console.reason(error)
    if error.errno == errno.EMSGSIZE:
        why = f"the message does not fit into a datagram, which holds {MAX_DATAGRAM} bytes: send less"
    return console.Failure(f"{what} {shown(address)}: {why}")


def _cannot_listen(sock, address, error):
    where = shown(address)
    protocol = "udp" if sock.type == socket.SOCK_DGRAM else "tcp"
    reusing = os.name != "posix" or protocol == "udp" or sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
    if error.errno == errno.EADDRINUSE and not reusing:
        text = (
            f"tcp port {where} is in use, by a program or by old connections in TIME_WAIT: "
            "stop the program, wait a minute, or leave out --no-reuseaddr"
        )
    elif error.errno == errno.EADDRINUSE:
        text = f"{protocol} port {where} is in use: stop the program that has it, or choose another with --port"
    elif error.errno in (errno.EACCES, errno.EPERM):
        text = (
            f"no permission to listen on {where}: ports below 1024 are the administrator's, "
            "choose a higher one with --port"
        )
    elif error.errno == errno.EADDRNOTAVAIL:
        text = f"{where} is not an address of this machine: check --host"
    else:
        return _failure("cannot listen on", address, error)
    return console.Failure(text)


def _cannot_connect(address, error, limit, start):
    if error.errno == errno.ECONNREFUSED:
        return console.Failure(f"no server at {shown(address)}: start it with {start}")
    # The system's own patience has an error number, ours has none.
    if isinstance(error, socket.timeout) and error.errno is None:
        return no_answer(address, limit, start)
    return _failure("cannot connect to", address, error)


def no_answer(server, limit, start):
    return console.Failure(
        f"no answer from {shown(server)} within {_seconds(limit)} s: is the server running? start it with {start}"
    )


def _seconds(limit):
    """A number of seconds as Rust shows it: to the nanosecond, without an exponent or a needless .0."""
    return f"{decimal.Decimal(repr(round(limit, 9))).normalize():f}"


def answers_for(peer, server):
    """Whether a datagram from peer is an answer of server. Anybody can send to an open port; only the server is believed."""
    # What is sent to 0.0.0.0 goes to this machine, which answers as 127.0.0.1.
    asked = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(server[0], server[0])
    return (peer[0], peer[1]) == (asked, server[1])
