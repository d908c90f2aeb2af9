"""The md5 of a file, and a memory of those that were computed. The mirror of common/src/files/transfer/digest.rs.

A header that carries the md5 must be complete before the first byte of the file: a pass over the whole file, for each
download. A file that has not changed has the same md5, so a server remembers it. These are the rules:

- A file is known by its device and inode. Its md5 counts while the size, the time of modification and the time of
  change are what they were; nothing sets back the last.
- Two writes within one tick of the kernel's clock leave the same times. So an md5 is remembered only if both times lay
  REST seconds back when the computing began, and were the same when it ended.
- Where the system tells no time of change (Windows), nothing is remembered.
"""

import collections
import hashlib
import os
import threading
import time

from .. import console
from .hashing import BUFFER

REST = 10
"""How many seconds a file must have been left alone for its md5 to be remembered."""

MOST_FILES = 4096
"""How many files are remembered: more than a shared folder usually has, and a few MiB."""

State = collections.namedtuple("State", "size modified changed")
"""What differs when a file has changed. The times are nanoseconds since 1970."""


def md5_of(opened):
    """The md5 of the opened file's size bytes, as 32 hexadecimal digits; see above for when it is remembered.

    The file is at its beginning before and after.
    """
    with console.context(f"cannot read {opened.name}"):
        return _remembered.md5_of(opened)


class Memory:
    """What was computed, by file."""

    def __init__(self, rest):
        self.files = {}
        self._lock = threading.Lock()
        self._rest = int(rest * 10**9)

    def md5_of(self, opened):
        """As the function above."""
        file, state = _identify(opened)
        rested = max(state.modified, state.changed) <= time.time_ns() - self._rest
        if os.name != "posix" or state.size != opened.size or not rested:
            return _compute(opened)
        known = self._known(file)
        # Whoever asks for the same file meanwhile waits here, instead of reading it too.
        with known.lock:
            if known.state != state:
                md5 = _compute(opened)
                if _identify(opened) != (file, state):
                    return md5
                known.state, known.md5 = state, md5
            return known.md5

    def _known(self, file):
        with self._lock:
            if len(self.files) >= MOST_FILES and file not in self.files:
                self.files.clear()
            return self.files.setdefault(file, _Known())


class _Known:
    """The md5 that a file had in a state, and a lock for whoever computes it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.state = None
        self.md5 = None


_remembered = Memory(REST)


def _identify(opened):
    """Which file it is, whatever its names, and its state."""
    status = os.fstat(opened.file.fileno())
    return (status.st_dev, status.st_ino), State(status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _compute(opened):
    """Reads the whole file."""
    md5 = hashlib.md5()
    missing = opened.size
    while missing:
        data = opened.file.read(min(missing, BUFFER))
        if not data:
            raise console.Failure("unexpected end of file")
        md5.update(data)
        missing -= len(data)
    opened.file.seek(0)
    return md5.hexdigest()
