"""Commands on a stream: lines, b"get a.txt\\n". The mirror of common/src/commands.rs.

TCP keeps no boundaries, so a command needs an end of its own, and that is the newline. The lessons' clients send
none; with whole_reads what one read brings is taken for a command, as the lessons' servers do, until the peer shows
that it sends lines.
"""

import socket

from . import console, net


class CommandError(console.Failure):
    """Why the next command was not accepted. What follows on the stream is of no more use."""


class TooLong(CommandError):
    """The command is longer than the limit."""


class Commands:
    """Reads commands of at most limit bytes, and what follows them: recv() gives the bytes after the last command."""

    def __init__(self, conn, limit, whole_reads=False):
        self._conn = conn
        self._limit = limit
        self._sends_lines = not whole_reads
        self._buffer = b""

    def next_command(self):
        """The next command without its newline; None when the peer has closed.

        Waits for ever for its beginning, and as long as the connection's time limit for its end.
        """
        with console.context("connection lost"):
            if not self._buffer and not net.wait_for_message(self._conn):
                return None
        while b"\n" not in self._buffer and len(self._buffer) <= self._limit:
            try:
                data = self._conn.recv(self._limit + 1)
            except (socket.timeout, BlockingIOError):
                raise CommandError("peer stalled in the middle of a command") from None
            except OSError as error:
                raise CommandError("connection lost: {}".format(console.reason(error))) from None
            if not data:
                raise CommandError("peer closed in the middle of a command")
            self._buffer += data
            self._sends_lines = self._sends_lines or b"\n" in data
            if not self._sends_lines:
                break
        command, _, self._buffer = self._buffer.partition(b"\n")
        if len(command) > self._limit:
            raise TooLong("bad command: it is longer than {} bytes".format(self._limit))
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
