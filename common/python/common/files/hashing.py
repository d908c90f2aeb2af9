"""An md5 that is computed in a thread of its own, beside the receiving or sending.

The mirror of common/src/files/transfer/hashing.rs. To hash a byte takes longer than to receive and to store it, and hashlib
lets go of the interpreter's lock while it hashes: one thread that does all in turn needs the sum of the times, two need
the longer one. Few pieces wait between them, so whoever is quicker waits for the other, and memory stays bounded.
"""

import contextlib
import hashlib
import queue
import threading

BUFFER = 256 * 1024
"""How much is read, hashed and written at a time, in bytes."""

PIECES = 4
"""How many pieces of a buffer's size may wait to be hashed."""


class Hashing:
    """Computes the md5 of pieces in their order. A context manager: at its end, all of them are hashed."""

    def __init__(self, size):
        """For a file of size bytes. What fits into one buffer is hashed at once, as where no thread can be started."""
        self._md5 = hashlib.md5()
        self._waiting = queue.Queue(PIECES)
        self._thread = None
        if size > BUFFER:
            thread = threading.Thread(target=self._hash, daemon=True)
            with contextlib.suppress(RuntimeError):
                thread.start()
                self._thread = thread

    def update(self, data):
        """Takes the next piece, which must not change any more."""
        if self._thread:
            self._waiting.put(data)
        else:
            self._md5.update(data)

    def hexdigest(self):
        """The md5 of all, as 32 hexadecimal digits, when the context has ended."""
        return self._md5.hexdigest()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        if self._thread:
            self._waiting.put(None)  # the end of the pieces
            self._thread.join()

    def _hash(self):
        for data in iter(self._waiting.get, None):
            self._md5.update(data)
