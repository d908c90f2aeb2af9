"""accept, also when no descriptor is left for the next client. The mirror of common/src/net/accept.rs."""

import contextlib
import errno
import socket
import time

from .. import console
from .address import ready, shown
from .or_say import or_say

BACK_OFF = 0.05
"""How long to wait after a failure that may come again at once, in seconds."""

EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
"""What a call says when descriptors or memory are short, which may pass."""

# What accept says of a socket that is none, or that does not listen: the next accept will fail too.
_USELESS = (errno.EBADF, errno.EINVAL, errno.ENOTSOCK, errno.EOPNOTSUPP)


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
        with or_say("cannot listen on", self._address):
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
                if error.errno in EXHAUSTED:
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
