"""A file that appears under its name only when it is complete. The mirror of common/src/files/partial_file.rs.

A transfer can end in the middle, and whoever finds half a file under its name takes it for the whole. So the bytes go
to a file without that name first, and persist() gives it the name in one step, replacing an older file whole.

On Linux the unfinished file has no name at all (O_TMPFILE), so nothing is left even by a program that is killed.
Where the system or the file system has no such files, it has a name of its own (.xxxxxx.part) in the same folder.
"""

import contextlib
import os
import secrets

_unfinished = set()


class PartialFile:
    """A file that is being written. A context manager: what is not persisted at its end is gone."""

    def __init__(self, folder):
        """Begins a file in folder, which is made if it is missing. Its permissions are those of any new file."""
        os.makedirs(folder, exist_ok=True)
        self._folder = folder
        self._path = None
        self._fd = _open_nameless(folder)
        if self._fd is None:
            path = self._random_path()
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
            self._path = path
            _unfinished.add(path)

    def write(self, data):
        """Writes all of data: os.write may write less."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]

    def persist(self, name):
        """Gives the file its name in the folder, in place of a file that has it already."""
        target = os.path.join(self._folder, name)
        if self._path is None:
            try:
                self._link(target)
                return
            except FileExistsError:  # link never replaces
                path = self._random_path()
                self._link(path)
                self._path = path
                _unfinished.add(path)
        else:
            self._close()  # Windows does not rename an open file
        os.replace(self._path, target)
        _unfinished.discard(self._path)
        self._path = None

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._close()
        if self._path is not None:
            _remove(self._path)

    def _close(self):
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _random_path(self):
        # Independent of the final name, which may be as long as a name can be.
        return os.path.join(self._folder, f".{secrets.token_hex(6)}.part")

    def _link(self, path):
        # With src_dir_fd Python calls linkat, which follows the link in /proc, and not link, which does not. Beside an
        # absolute path any descriptor will do: one more might not be had.
        os.link(f"/proc/self/fd/{self._fd}", path, src_dir_fd=self._fd, follow_symlinks=True)


def discard_unfinished():
    """Removes what the threads of a program that ends leave behind: they are not waited for."""
    for path in list(_unfinished):
        _remove(path)


def _open_nameless(folder):
    """None where there are no files without a name, or no /proc to name them afterwards."""
    try:
        fd = os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o666)
    except (AttributeError, OSError):
        return None
    if os.path.exists(f"/proc/self/fd/{fd}"):
        return fd
    os.close(fd)
    return None


def _remove(path):
    with contextlib.suppress(OSError):
        os.remove(path)
    _unfinished.discard(path)
