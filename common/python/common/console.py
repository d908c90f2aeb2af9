"""What a person sees and types. The mirror of common/src/console.rs.

stdout carries the lesson's transcript and nothing else, stderr all the rest. What a peer sent goes through
decode_printable() or escape_controls() first: a terminal obeys control characters, whoever wrote them.
"""

import contextlib
import os
import signal
import sys


class Failure(Exception):
    """An error to be shown as one line on stderr; the program ends with status 1."""


def main(program):
    """Runs a program: errors are one line on stderr, Ctrl-C ends it without a stack trace."""
    _open_closed_streams()
    # The lessons' texts are UTF-8, whatever the locale; a "\n" stays a "\n" on Windows.
    # File names and arguments can be other bytes, and an error may name them.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.stdout.reconfigure(newline="\n", line_buffering=True)
    # SIGTERM ends a program the way Ctrl-C does, so that its temporary files are removed.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # see __init__.py
            signal.signal(signal.SIGINT, signal.default_int_handler)
        program()
        # While the interpreter ends, nothing would catch the exception of a Ctrl-C any more.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
    except KeyboardInterrupt as stop:
        _die_by(stop.args[0] if stop.args else signal.SIGINT)
    except BrokenPipeError as error:
        _fail(f"cannot write: {error}")
    except (Failure, OSError) as error:
        _fail(error)


def print_line(line=""):
    """Prints one line of the transcript. A pipe whose reader has gone ends the program quietly."""
    print_text(str(line) + "\n")


def print_text(text):
    """Prints text as it stands, without a newline, and flushes."""
    try:
        # One write, so that lines of several threads do not mix.
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os._exit(0)
    except OSError as error:
        raise Failure(f"cannot write to stdout: {reason(error)}") from error


def prompt(text):
    """Shows text and returns the line that the person types; None at end of input."""
    print_text(text)
    try:
        # Not sys.stdin itself: it decodes ahead, and takes a lone "\r" for the end of a line.
        line = sys.stdin.buffer.readline().decode("utf-8")
    except UnicodeDecodeError:
        raise Failure("the typed line is not UTF-8: set the terminal (or the file) to UTF-8") from None
    if not line:
        # The shell's own prompt should not follow ours on one line.
        if sys.stdout.isatty():
            print_line()
        return None
    for ending in ("\r\n", "\n"):
        if line.endswith(ending):
            return line[: -len(ending)]
    return line


def log(line):
    """Writes one line to stderr: what a person should know and the transcript does not have."""
    try:
        sys.stderr.write(escape_to_one_line(str(line)) + "\n")
        sys.stderr.flush()
    except OSError:
        pass  # with stderr closed there is nobody to tell; the program's work goes on


def warn(line):
    """Writes to stderr that something went wrong and that the program goes on."""
    log(f"warning: {line}")


@contextlib.contextmanager
def context(what):
    """Names in an error what failed: "what: error"."""
    try:
        yield
    except (Failure, OSError) as error:
        raise Failure(f"{what}: {reason(error)}") from None


def reason(error):
    """What an error says, in the words in which Rust shows it."""
    if isinstance(error, OSError) and error.strerror:
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{error.strerror} (os error {error.errno})"
    return str(error)


def decode_printable(data):
    """What a peer sent, ready for the screen: bytes not UTF-8 become U+FFFD, control characters are escaped."""
    return escape_controls(data.decode("utf-8", "replace"))


def escape_controls(text):
    """Text with its control characters, but for newline and tab, written as repr writes them."""
    return "".join(_escaped(c) if _is_control(c) and c not in "\n\t" else c for c in text)


def escape_to_one_line(text):
    """Text as a single line: every control character escaped, newline and tab too."""
    return "".join(_escaped(c) if _is_control(c) else c for c in text)


def _open_closed_streams():
    """A program may be started with stdin, stdout or stderr closed (>&-): Python has None for it then.

    The first socket would get its number, and whatever writes to that number would write to a peer.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))


def _is_control(c):
    """Whether a terminal may obey it: see common/src/console.rs."""
    return c < " " or "\x7f" <= c <= "\x9f" or "\u2028" <= c <= "\u202e" or "\u2066" <= c <= "\u2069"


def _escaped(c):
    return repr(c)[1:-1]


def _fail(error):
    log(f"Error: {reason(error)}")
    _flush_and_exit(1)


def _flush_and_exit(status):
    # Threads of other clients must not keep a failed program alive.
    try:
        sys.stdout.flush()
    except OSError:
        pass
    os._exit(status)


def _interrupt(number, _frame):
    raise KeyboardInterrupt(number)


def _die_by(number):
    # A shell expects a program that Ctrl-C ended to have died by the signal.
    if os.name != "posix":
        _flush_and_exit(130)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
