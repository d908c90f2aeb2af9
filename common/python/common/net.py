"""Sockets, made in the order in which the system wants it. The mirror of common/src/net."""

import contextlib
import decimal
import errno
import os
import selectors
import socket
import threading
import time

from . import console

MAX_DATAGRAM = 65507
"""The most that one datagram carries over IPv4, in bytes: 65,535 less the IP header's 20 and the UDP header's 8."""

BUFFER_SIZE = 65535
"""A receive of this size loses nothing of any datagram."""

BLOCK = 64 * 1024
"""How much exchange() sends before it reads the echo: so much fits into the buffers of the two systems."""

MAX_ANSWER = 1024 * 1024
"""The longest answer that receive_until_close() accepts, in bytes."""

LOOKS = 100
"""How often a sender looks for room within the time limit."""

MAX_CONVERSATIONS = 4000
"""How many conversations a server holds at a time.

Each has a thread, and what threads need (memory for their stacks, mappings of it) is limited by the system, which may
end the process instead of refusing one thread more. common/src/net/conversation.rs has the numbers.
"""

_seats = threading.BoundedSemaphore(MAX_CONVERSATIONS)

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
        raise console.Failure('cannot find the host "{}": {}: check --host'.format(host, why)) from None
    return [(family, address) for family, _, _, _, address in found]


def resolve(host, port, kind):
    """The (family, address) that the system prefers for a host."""
    return resolve_all(host, port, kind)[0]


def stream_socket(family):
    """socket(family, SOCK_STREAM)."""
    return socket.socket(family, socket.SOCK_STREAM)


def reuse_address(sock):
    """setsockopt(SOL_SOCKET, SO_REUSEADDR, 1), before bind. On Windows the option means something else."""
    if os.name == "posix":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def bind(sock, address):
    """bind: takes the port, of TCP or of UDP as the socket's type is."""
    protocol = "udp" if sock.type == socket.SOCK_DGRAM else "tcp"
    try:
        sock.bind(address)
    except OSError as error:
        reusing = os.name != "posix" or protocol == "udp" or sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
        if error.errno == errno.EADDRINUSE and not reusing:
            raise console.Failure(
                "tcp port {} is in use, by a program or by old connections in TIME_WAIT: "
                "stop the program, wait a minute, or leave out --no-reuseaddr".format(shown(address))
            ) from None
        raise _bind_failure(protocol, address, error) from None


def listen(sock, backlog):
    """listen, and then the ready line."""
    try:
        # With SO_REUSEADDR two sockets may bind one port, and only the second listen fails.
        sock.listen(backlog)
    except OSError as error:
        raise _bind_failure("tcp", sock.getsockname(), error) from None
    listener = Listener(sock)
    ready("tcp", sock.getsockname())
    return listener


def listen_tcp(args):
    """The listening socket of a server, with the ready line: socket, SO_REUSEADDR, bind, listen."""
    family, address = resolve(args.host, args.port, socket.SOCK_STREAM)
    sock = stream_socket(family)
    if not args.no_reuseaddr:
        reuse_address(sock)
    bind(sock, address)
    return listen(sock, args.backlog)


def connect_tcp(args, start):
    """Connects to a server and tells its address: socket, connect. start is the command that starts the server.

    TCP_NODELAY is set: a client awaits answers, and Nagle's algorithm would hold back the last bytes of a message
    until the server has acknowledged those before.
    """
    return connect_tcp_within(args, None, start)


def connect_tcp_within(args, limit, start):
    """As connect_tcp(), but no address is waited for longer than limit, in seconds; the connection keeps this limit.

    Without one, the system gives up after minutes: a server whose backlog is full, or a machine that is switched off,
    says nothing at all.
    """
    failed = None
    for family, address in resolve_all(args.host, args.port, socket.SOCK_STREAM):
        try:
            sock = stream_socket(family)
        except OSError as error:  # a system without IPv6 may know IPv6 addresses
            failed = failed or (address, error)
            continue
        try:
            sock.settimeout(limit)
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock, address
        except OSError as error:
            sock.close()
            failed = failed or (address, error)
    address, error = failed
    if error.errno == errno.ECONNREFUSED:
        raise console.Failure("no server at {}: start it with {}".format(shown(address), start))
    # The system's own patience has an error number, ours has none.
    if isinstance(error, socket.timeout) and error.errno is None:
        raise _no_answer(address, limit, start)
    raise console.Failure("cannot connect to {}: {}".format(shown(address), console.reason(error)))


def send_all(conn, message, peer):
    """Sends the whole message: sendall."""
    with console.context("cannot send to {}".format(shown(peer))):
        conn.sendall(message)


def exchange(conn, message, server):
    """Sends a message and receives as many bytes back: sendall, then recv until all are there.

    One recv may return less. And a message of megabytes must not be sent in one go: the server echoes while it
    receives, and when its answers fill both buffers it stops receiving; then both sides wait in send for ever. So
    this sends a block, receives it back, and sends the next.
    """
    echo = bytearray()
    for start in range(0, len(message), BLOCK):
        block = message[start : start + BLOCK]
        try:
            conn.sendall(block)
            while len(echo) < start + len(block):
                data = conn.recv(start + len(block) - len(echo))
                if not data:
                    raise ConnectionResetError
                echo += data
        # ConnectionError: the server has closed or reset the connection.
        except ConnectionError:
            raise console.Failure(
                "{} hung up after {} of {} bytes of the answer: is the server still running?".format(
                    shown(server), len(echo), len(message)
                )
            ) from None
        except OSError as error:
            raise console.Failure("cannot talk to {}: {}".format(shown(server), console.reason(error))) from None
    return bytes(echo)


def receive_until_close(conn, server):
    """Receives what the server sends until it closes: recv until it returns nothing.

    A reset is an end too: that is what a close becomes when bytes are left that the server has not received.
    """
    answer = bytearray()
    while len(answer) <= MAX_ANSWER:
        try:
            data = conn.recv(64 * 1024)
        except ConnectionError:
            break
        except OSError as error:
            raise console.Failure("cannot talk to {}: {}".format(shown(server), console.reason(error))) from None
        if not data:
            break
        answer += data
    if not answer:
        raise console.Failure("{} hung up without an answer: is it the right server?".format(shown(server)))
    if len(answer) > MAX_ANSWER:
        raise console.Failure("{} answers more than {} bytes: is it the right server?".format(shown(server), MAX_ANSWER))
    return bytes(answer)


def converse_in_thread(conn, peer, conversation, *args):
    """Holds conversation(conn, peer, *args) in a thread of its own and closes the connection afterwards.

    A conversation that ends badly is one warning that names the peer. A peer for whom no thread can be started is
    closed at once, with a warning too, and so is one that comes while 4,000 others are served. The server goes on in
    all cases.
    """

    def converse():
        try:
            with conn:
                conversation(conn, peer, *args)
        except (console.Failure, OSError) as error:
            console.warn("{}: {}".format(shown(peer), console.reason(error)))
        finally:
            _seats.release()

    if not _seats.acquire(blocking=False):
        conn.close()
        console.warn("{} is refused: {} conversations are running".format(shown(peer), MAX_CONVERSATIONS))
        return
    try:
        # A daemon: Ctrl-C ends the server although clients are connected.
        threading.Thread(target=converse, daemon=True).start()
    except RuntimeError as error:
        _seats.release()
        conn.close()
        console.warn("{} is refused: {}".format(shown(peer), error))


def send_some(conn, send):
    """Calls send(), which sends on conn, until it has sent something, and returns how many bytes.

    A peer stalls when there was no room for a byte within the connection's time limit. Python's own send waits until
    the socket is writable, and Linux calls it so when a third of its buffer is free: a peer that reads slowly may take
    longer for that. So this sends what there is room for, a hundred times within the limit. sendall's limit is for the
    whole. common/src/net/stalls.rs has the rest.
    """
    limit = conn.gettimeout()
    begun = time.monotonic()
    conn.setblocking(False)
    try:
        while True:
            try:
                return send()
            except BlockingIOError:
                if limit is not None and time.monotonic() - begun >= limit:
                    raise socket.timeout("the peer stopped reading") from None
            with _Selector() as selector:
                selector.register(conn, selectors.EVENT_WRITE)
                selector.select(limit and limit / LOOKS)
    finally:
        conn.settimeout(limit)


# Not the default one, which takes a descriptor of its own on Linux.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


def send_unless_stalled(conn, data):
    """Sends all of data: sendall, as long as the peer does not stall."""
    view = memoryview(data)
    while view:
        sent = send_some(conn, lambda: conn.send(view))
        view = view[sent:]


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


def bind_udp(args):
    """The socket of a server, with the ready line: socket, bind. UDP needs no listen."""
    family, address = resolve(args.host, args.port, socket.SOCK_DGRAM)
    return _open(BoundSocket(family, socket.SOCK_DGRAM), address)


def bind_udp_reusing_address(args):
    """As bind_udp(), with SO_REUSEADDR: socket, setsockopt, bind."""
    family, address = resolve(args.host, args.port, socket.SOCK_DGRAM)
    sock = BoundSocket(family, socket.SOCK_DGRAM)
    reuse_address(sock)
    return _open(sock, address)


class BoundSocket(socket.socket):
    """The socket of a server, and the address that it is bound to."""

    address = None


def _open(sock, address):
    bind(sock, address)
    sock.address = sock.getsockname()
    ready("udp", sock.address)
    return sock


def udp_client(args):
    """The socket of a client, and the server's address: socket."""
    family, server = resolve(args.host, args.port, socket.SOCK_DGRAM)
    return socket.socket(family, socket.SOCK_DGRAM), server


def receive(sock):
    """One datagram from anybody else, with its sender: recvfrom.

    Anybody can write a false sender into a datagram. One that claims to come from the server itself is passed over:
    the answer would come back as the next question, and so on for ever. A lack of memory is a warning and a short rest.
    """
    while True:
        try:
            data, peer = sock.recvfrom(BUFFER_SIZE)
        except OSError as error:
            if error.errno in _UNDELIVERED:
                continue
            failure = "cannot receive on {}: {}".format(shown(sock.address), console.reason(error))
            if error.errno not in _EXHAUSTED:
                raise console.Failure(failure) from None
            console.warn(failure)
            time.sleep(BACK_OFF)
            continue
        if not is_own(peer, sock.address):
            return data, peer


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


def receive_from(sock, server, limit, start):
    """The server's answer: recvfrom until a datagram comes from server, for limit seconds in all.

    Anybody can send to an open port; only the server is believed. None waits for ever.
    """
    asked = time.monotonic()
    while True:
        if limit is not None:
            # A stranger's datagrams must not prolong the wait.
            left = limit - (time.monotonic() - asked)
            if left <= 0:
                raise _no_answer(server, limit, start)
            sock.settimeout(left)
        try:
            data, peer = sock.recvfrom(BUFFER_SIZE)
        except socket.timeout:
            raise _no_answer(server, limit, start) from None
        except OSError as error:
            if error.errno in _UNDELIVERED:
                continue
            raise console.Failure("cannot receive from {}: {}".format(shown(server), console.reason(error))) from None
        if _answers_for(peer, server):
            return data, peer


def send_to(sock, message, peer):
    """Sends one datagram: sendto. That nobody receives is no error: UDP does not know."""
    if len(message) > MAX_DATAGRAM:
        raise console.Failure(
            "a message of {} bytes does not fit into a datagram, which holds {}: send less".format(
                len(message), MAX_DATAGRAM
            )
        )
    try:
        sock.sendto(message, peer)
    except OSError as error:
        raise console.Failure("cannot send to {}: {}".format(shown(peer), console.reason(error))) from None


def reply(sock, answer, peer):
    """A server's sendto: an answer that cannot be sent is a warning, and the server goes on."""
    try:
        send_to(sock, answer, peer)
    except (console.Failure, OverflowError) as error:
        console.warn(error)


def ready(protocol, address):
    """The ready line on stderr, with the port that the system chose."""
    console.note("listening on {} {}".format(protocol, shown(address)))


def shown(address):
    """An address as it is written outside Python: 127.0.0.1:8080, [::1]:8080."""
    host, port = address[:2]
    return "{}:{}".format("[{}]".format(host) if ":" in host else host, port)


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
                failure = "cannot accept on {}: {}".format(shown(self._address), console.reason(error))
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
            console.warn("{} is refused: {}".format(shown(peer), console.reason(why)))
            self._restock()
            return None
        return (conn, peer) if conn else None

    def _restock(self):
        with contextlib.suppress(OSError):
            self._reserve = self.socket.dup()


def _bind_failure(protocol, address, error):
    where = shown(address)
    if error.errno == errno.EADDRINUSE:
        text = "{} port {} is in use: stop the program that has it, or choose another with --port".format(protocol, where)
    elif error.errno in (errno.EACCES, errno.EPERM):
        text = (
            "no permission to listen on {}: ports below 1024 are the administrator's, "
            "choose a higher one with --port"
        ).format(where)
    elif error.errno == errno.EADDRNOTAVAIL:
        text = "{} is not an address of this machine: check --host".format(where)
    else:
        text = "cannot listen on {}: {}".format(where, console.reason(error))
    return console.Failure(text)


def _no_answer(server, limit, start):
    return console.Failure(
        "no answer from {} within {} s: is the server running? start it with {}".format(
            shown(server), _seconds(limit), start
        )
    )


def _seconds(limit):
    """A number of seconds as Rust shows it: to the nanosecond, without an exponent or a needless .0."""
    return "{:f}".format(decimal.Decimal(repr(round(limit, 9))).normalize())


def _answers_for(peer, server):
    # What is sent to 0.0.0.0 goes to this machine, which answers as 127.0.0.1.
    asked = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(server[0], server[0])
    return (peer[0], peer[1]) == (asked, server[1])
