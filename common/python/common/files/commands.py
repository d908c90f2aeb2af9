"""Commands on a stream: lines, b"get a.txt\\n". The mirror of common/src/files/commands.rs.

TCP keeps no boundaries, so a command needs an end of its own, and that is the newline. The lessons' clients send
none; with ended_by_pause what comes before a pause is a command too, until the peer shows that it sends newlines.
"""

import socket

from .. import console, net

PAUSE = 0.1
"""What ends a command of a peer that sends no newlines, in seconds."""


class CommandError(console.Failure):
    """Why the next command was not accepted. What follows on the stream is of no more use."""


class _Unfinished(CommandError):
    """No newline came."""


class TooLong(CommandError):
    """The command is longer than the limit."""


class Commands:
    """Reads commands of at most limit bytes, and what follows them: recv() gives the bytes after the last command."""

    def __init__(self, conn, limit, ended_by_pause=False):
        self._conn = conn
        self._limit = limit
        self._ended_by_pause = ended_by_pause
        self._buffer = b""

    def next_command(self):
        """The next command without its newline; None when the peer has closed.

        Waits for ever for its beginning, and as long as the connection's time limit for its end.
        """
        with console.context("connection lost"):
            if not self._buffer and not net.wait_for_message(self._conn):
                return None
        if not self._ended_by_pause:
            return self._line()
        # No newline yet from this peer: a command that came in two segments must not be taken for two, so it ends
        # where a newline or a pause is.
        limit = self._conn.gettimeout()
        self._conn.settimeout(PAUSE)
        try:
            return self._line()
        except _Unfinished:
            command, self._buffer = self._buffer, b""
            if not command:
                raise
            return command
        finally:
            self._conn.settimeout(limit)

    def _line(self):
        """Reads to the next newline."""
        while b"\n" not in self._buffer and len(self._buffer) <= self._limit:
            try:
                data = self._conn.recv(self._limit + 1)
            except (socket.timeout, BlockingIOError):
                raise _Unfinished("peer stalled in the middle of a command") from None
            except OSError as error:
                raise CommandError(f"connection lost: {console.reason(error)}") from None
            if not data:
                raise _Unfinished("peer closed in the middle of a command")
            self._buffer += data
        command, _, self._buffer = self._buffer.partition(b"\n")
        if len(command) > self._limit:
            raise TooLong(f"bad command: it is longer than {self._limit} bytes")
        self._ended_by_pause = False  # it sends newlines
        return command

    def recv(self, size):
        """What a socket's recv would give, beginning with what was read already."""
        if not self._buffer:
            return self._conn.recv(size)
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data


def words(command):
    """A command's first word, and the rest without the blanks around it: file names may have blanks."""
    first, *rest = command.split(None, 1) or [""]
    return first, "".join(rest).strip()
