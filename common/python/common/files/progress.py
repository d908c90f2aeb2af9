"""How far a transfer is: a bar on the terminal, and the lesson's line. The mirror of common/src/files/progress.rs.

The bar is on stderr, and only if that is a terminal; it is gone when the transfer is over.
"""

import os
import sys
import time
import unicodedata


class Progress:
    """Shows a bar for a file of size bytes. A context manager: at its end the bar disappears."""

    def __init__(self, name, size):
        self._name = name
        self._size = size
        self._done = 0
        self._started = time.perf_counter()
        self._drawn = 0.0
        self._visible = sys.stderr.isatty()

    def advance(self, count):
        """count bytes more have come, or gone."""
        self._done += count
        now = time.perf_counter()
        if self._visible and now - self._drawn > 0.1:
            self._drawn = now
            self._draw(now - self._started)

    def seconds(self):
        """The time since the beginning."""
        return time.perf_counter() - self._started

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        if self._drawn:
            self._show("\r\x1b[K")

    def _draw(self, seconds):
        rate = self._done / seconds if seconds else 0
        left = (self._size - self._done) / rate if rate else 0
        numbers = f" {_bytes(self._done)}/{_bytes(self._size)} {_bytes(rate)}/s {left:.0f}s"
        columns = os.get_terminal_size(sys.stderr.fileno()).columns - 1
        line = _cut(self._name + " ", columns - len(numbers))
        room = columns - len(numbers) - _width(line)
        full = room * self._done // self._size
        self._show("\r\x1b[K" + _cut(line + "#" * full + "-" * (room - full) + numbers, columns))

    def _show(self, text):
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            self._visible = False


class _Hidden:
    """Shows nothing: for servers, which serve several clients at once."""

    def advance(self, count):
        """Takes no notice."""


HIDDEN = _Hidden()


def star_line(done, total, seconds):
    """The line of the ftp-simple lesson: a star for each whole percent, a dot for the others."""
    percent = done / total * 100
    stars = min(int(percent), 100)
    return f"\r{percent:3.0f}%[{'*' * stars}-{'.' * (100 - stars)}]共计用时:{seconds:.3f}s"


def _bytes(count):
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.4g} {unit}"
        count /= 1024
    return f"{count:.4g} GiB"


def _width(text):
    """Columns on the screen: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _cut(text, columns):
    while _width(text) > max(columns, 0):
        text = text[:-1]
    return text
