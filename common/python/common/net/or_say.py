"""What a failed call means to a program: which address, and what to do. The mirror of common/src/net/or_say.rs."""

import contextlib
import decimal
import errno
import os
import socket
import time

from .. import console
from .address import shown

MAX_DATAGRAM = 65507
"""The most that one datagram carries over IPv4, in bytes: 65,535 less the IP header's 20 and the UDP header's 8."""


@contextlib.contextmanager
def or_say(what, address):
    """Makes an error that says what failed and on which address: "cannot send to 127.0.0.1:8080: ..."."""
    try:
        yield
    except OSError as error:
        raise failed(what, address, error) from None


@contextlib.contextmanager
def or_warn(what, address):
    """As or_say(), but as a warning: the program goes on after the with.

    An error that is a sentence already, such as a stdout that cannot be written, is not about address and passes.
    """
    try:
        yield
    except OSError as error:
        console.warn(failed(what, address, error))


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
        raise failed("cannot receive from", server, error) from None


def time_left(start, limit):
    """How much is left of limit since start (time.monotonic()), as a socket takes it: None waits for ever."""
    if limit is None:
        return None
    left = limit - (time.monotonic() - start)
    if left <= 0:
        raise socket.timeout
    return left


def failed(what, address, error):
    """The sentence for an error of the system: "cannot send to 127.0.0.1:8080: ..."."""
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
        return failed("cannot listen on", address, error)
    return console.Failure(text)


def no_answer(server, limit, start):
    """The sentence for a server that said nothing for limit seconds; start is the command that starts it."""
    return console.Failure(
        f"no answer from {shown(server)} within {shown_seconds(limit)} s: is the server running? start it with {start}"
    )


def shown_seconds(limit):
    """A number of seconds as Rust shows it: to the nanosecond, without an exponent or a needless .0."""
    return f"{decimal.Decimal(repr(round(limit, 9))).normalize():f}"
