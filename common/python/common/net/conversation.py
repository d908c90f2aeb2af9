"""A conversation with one client, in a thread of its own. The mirror of common/src/net/conversation.rs."""

import socket
import threading
import time

from .. import console
from .address import shown

try:
    import resource
except ImportError:  # Windows
    resource = None

MAX_CONVERSATIONS = 4000
"""How many conversations a server holds at a time, if it has descriptors for them.

Each has a thread, and what threads need (memory for their stacks, mappings of it) is limited by the system, which may
end the process instead of refusing one thread more. common/src/net/conversation.rs has the numbers.
"""

DESCRIPTORS = 2
"""How many descriptors a conversation needs: its socket, and the file that it sends or stores."""

_most = None  # conversations, known when the first begins
_seats = None


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
