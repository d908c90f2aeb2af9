"""How long a peer may stall while a file is sent: --timeout, a time in which not one byte moves.

The mirror of common/src/files/transfer/stalls.rs, which has the rest. sendall's limit is for the whole. And send waits
until the socket is writable, which Linux says when a third of its buffer is free: a peer that reads slowly may take
longer for that. So this sends what there is room for, and looks a hundred times within the limit.
"""

import selectors
import socket
import time

LOOKS = 100
"""How often a sender looks for room within the time limit."""

# Not the default one, which takes a descriptor of its own on Linux.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


def send_some(conn, send):
    """Calls send(), which sends on conn, until it has sent something, and returns how many bytes."""
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


def send_unless_stalled(conn, data):
    """Sends all of data, as long as the peer does not stall."""
    view = memoryview(data)
    while view:
        sent = send_some(conn, lambda: conn.send(view))
        view = view[sent:]
