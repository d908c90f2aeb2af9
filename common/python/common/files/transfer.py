"""A file over a TCP stream: exactly its announced size, checked by md5 while it arrives.

The mirror of common/src/files/transfer. The receiver counts: it takes as many bytes as were announced, not one more, so
that the next message on the connection starts where it should. Each byte is hashed on its way to the disk, in a thread beside
(hashing.py); the file gets its name when all of it is there and right. The sender's os.sendfile() is the system's call: the
bytes never enter the program. The md5 that a header has before the bytes is md5_of(), which remembers (digest.py).
"""

import errno
import os
import socket

from .. import console
from . import names, progress, stalls
from .digest import md5_of
from .hashing import BUFFER, Hashing
from .partial_file import PartialFile

SENDFILE_STEP = 1024 * 1024
"""How much is handed to the kernel between two steps of the progress bar, in bytes."""


class ReceiveError(console.Failure):
    """Why a file was not received. Nothing of it is left on the disk."""


class NotStored(ReceiveError):
    """The file is refused, but all announced bytes were read: the conversation can go on."""


class SendError(console.Failure):
    """Why a file was not sent whole. The receiver waits for the rest in vain."""


def receive_file(stream, folder, name, size, md5=None, shown=progress.HIDDEN):
    """Receives size bytes into a file of the folder and returns their md5 (32 hexadecimal digits).

    The file appears under its name when it is complete and its md5 is the announced one, if one was announced.
    stream is anything with a recv(n), as in header.py.
    """
    body = _body(stream, name, size, shown)
    try:
        names.check(name)
        with PartialFile(folder) as file:
            # Another thread hashes what this one stores.
            with Hashing(size) as hashing:
                for data in body:
                    hashing.update(data)
                    file.write(data)
            computed = hashing.hexdigest()
            if md5 is not None and md5.lower() != computed:
                raise NotStored(f"{name} is not stored: its md5 is {computed}, announced was {md5}")
            file.persist(name)
            return computed
    except names.NameRefused as error:
        refused = str(error)
    except OSError as error:
        error.filename = None
        refused = f"{name} cannot be stored: {console.reason(error)}"
    # An error of the name or the disk stops the writing, not the reading.
    for _ in body:
        pass
    raise NotStored(refused)


def _body(stream, name, size, shown):
    """The bytes of a file on a stream, counted, a buffer full at a time at most."""
    received = 0
    while received < size:
        try:
            data = stream.recv(min(size - received, BUFFER))
        except (socket.timeout, BlockingIOError):
            raise ReceiveError(f"peer stalled after {received} of {size} bytes of {name}") from None
        except OSError as error:
            raise ReceiveError(
                f"connection lost after {received} of {size} bytes of {name}: {console.reason(error)}"
            ) from None
        if not data:
            raise ReceiveError(f"peer closed after {received} of {size} bytes of {name}")
        received += len(data)
        shown.advance(len(data))
        yield data


def send_file(conn, opened, shown=progress.HIDDEN):
    """Sends exactly the size bytes of the opened file."""
    sent = 0
    while sent < opened.size:
        step = min(SENDFILE_STEP, opened.size - sent)
        with _sending(opened, sent):
            count = _send_step(conn, opened.file, sent, step)
        if not count:
            raise _shrunk(opened, sent)
        sent += count
        shown.advance(count)


def _send_step(conn, file, offset, step):
    """Sends up to step bytes from offset on; 0 at the end of the file."""
    if hasattr(os, "sendfile"):
        try:
            return stalls.send_some(conn, lambda: os.sendfile(conn.fileno(), file.fileno(), offset, step))
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOSYS):  # some file systems have no sendfile
                raise
    file.seek(offset)
    data = file.read(step)
    stalls.send_unless_stalled(conn, data)
    return len(data)


def send_file_hashing(conn, opened, shown=progress.HIDDEN):
    """As send_file(), and returns the md5 of what was sent: the file is read once."""
    sent = 0
    with Hashing(opened.size) as hashing:
        while sent < opened.size:
            with console.context(f"{opened.name} cannot be read"):
                data = opened.file.read(min(opened.size - sent, BUFFER))
            if not data:
                raise _shrunk(opened, sent)
            hashing.update(data)
            with _sending(opened, sent):
                stalls.send_unless_stalled(conn, data)
            sent += len(data)
            shown.advance(len(data))
    return hashing.hexdigest()


class _sending:
    """Makes an error of the socket a SendError, and so one of the file, which sendfile reads."""

    def __init__(self, opened, sent):
        self._name = opened.name
        self._progress = f"{sent} or more of {opened.size} bytes of {opened.name}"

    def __enter__(self):
        pass

    def __exit__(self, _kind, error, _traceback):
        if isinstance(error, (socket.timeout, BlockingIOError)):
            raise SendError(f"peer stopped reading after {self._progress}") from None
        if isinstance(error, OSError) and error.errno in (errno.EIO, errno.ESTALE):
            raise SendError(f"{self._name} cannot be read: {console.reason(error)}") from None
        if isinstance(error, OSError):
            raise SendError(f"peer closed after {self._progress}: {console.reason(error)}") from None


def _shrunk(opened, sent):
    return SendError(f"{opened.name} has shrunk from {opened.size} to {sent} bytes while it was sent")
