"""File names that a peer may use, and the files of a shared folder that they stand for.

The mirror of common/src/files/names.rs. A name that comes over the network is text chosen by a stranger: ../secret would
read, or write, outside the shared folder. So a name is one plain component, checked by check() before it touches the
file system, and a shared file is opened by open_shared() alone.
"""

import collections
import errno
import os
import stat

from .. import console

MAX_BYTES = 255
"""The longest name that the usual file systems take, in bytes of UTF-8."""

OpenFile = collections.namedtuple("OpenFile", "name file size")
"""A regular file that is open for reading: what it was called, and its size in bytes when it was opened."""


class NameRefused(console.Failure):
    """The name is not one that a file of the shared folder may have."""


class OpenError(console.Failure):
    """Why a file cannot be opened."""


class NoSuchFile(OpenError):
    """No regular file has this name."""


def check(name):
    """Refuses every name that is not one plain component of a path. Spaces and non-ASCII characters are fine."""
    size = len(name.encode("utf-8"))
    if not name:
        raise NameRefused("the file name is empty")
    if size > MAX_BYTES:
        raise NameRefused(f"the file name has {size} bytes, at most {MAX_BYTES} are allowed")
    if name in (".", ".."):
        raise NameRefused(f"the file name is {name!r}: it leads out of the shared folder")
    for separator in name:
        if separator in "/\\":
            raise NameRefused(
                f"the file name {name!r} has a {separator} in it: only names in the shared folder are allowed"
            )
    if any(c < " " or "\x7f" <= c <= "\x9f" for c in name):
        raise NameRefused(f"the file name {name!r} has a control character in it")
    if os.name == "nt" and _has_other_meaning_on_windows(name):
        raise NameRefused(f"the file name {name!r} cannot be used on Windows")


def check_folder(folder):
    """Fails unless folder is one, so that a server says so when it starts and not to its first client."""
    if not os.path.isdir(folder):
        raise OpenError(f"no folder {folder}: make it, or choose another with --dir")


def open_shared(folder, name):
    """Opens the file of the shared folder for reading.

    Links are followed as long as they stay in the folder. Only regular files are opened: reading a FIFO would block
    until somebody writes.
    """
    return _open(_resolve(folder, name), name)


def open_local(path):
    """Opens a file that the person at the keyboard chose, wherever it is, for reading."""
    return _open(os.path.realpath(path), path)


def list_shared(folder):
    """The names of the files that open_shared() would open, sorted by code point."""
    try:
        return sorted(name for name in os.listdir(folder) if _is_shared(folder, name))
    except OSError as error:
        raise _folder_error(error) from None


def _is_shared(folder, name):
    try:
        return os.path.isfile(_resolve(folder, name))
    # UnicodeEncodeError: a name that is not UTF-8 cannot be asked for.
    except (console.Failure, UnicodeEncodeError):
        return False


def _resolve(folder, name):
    """The path of name in folder without links, if it lies in the folder."""
    check(name)
    try:
        os.stat(folder)
    except OSError as error:
        raise _folder_error(error) from None
    folder = os.path.realpath(folder)
    path = os.path.realpath(os.path.join(folder, name))
    if not os.path.lexists(path):
        raise NoSuchFile(f"no such file: {name}")
    try:
        inside = os.path.commonpath([folder, path]) == folder
    except ValueError:  # another drive, on Windows
        inside = False
    if not inside:
        raise OpenError(f"{name} is a link that leads out of the shared folder")
    return path


def _open(path, name):
    """Opens a path that has no links left. name is for the error."""
    # NONBLOCK: opening a FIFO that nobody writes to returns at once. NOFOLLOW: a link that took the place of the file
    # since the path was resolved is an error. Windows has neither, and needs BINARY.
    flags = os.O_RDONLY
    for flag in ("O_NONBLOCK", "O_NOFOLLOW", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, flag, 0)
    try:
        fd = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise NoSuchFile(f"no such file: {name}") from None
        error.filename = None
        raise OpenError(f"{name} cannot be opened: {console.reason(error)}") from None
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        os.close(fd)
        raise NoSuchFile(f"{name} is not a regular file")
    return OpenFile(name, open(fd, "rb", buffering=0), status.st_size)


def _folder_error(error):
    error.filename = None
    return OpenError(f"the shared folder cannot be read: {console.reason(error)}")


def _has_other_meaning_on_windows(name):
    """Windows names drives and streams with ":", drops trailing dots and blanks, and opens devices."""
    stem = name.split(".")[0].rstrip().upper()
    numbered = stem[:3] in ("COM", "LPT") and len(stem) == 4 and stem[3] != "0"
    devices = ("CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$")
    return any(c in ':<>"|?*' for c in name) or name.endswith((".", " ")) or stem in devices or numbered
