"""The flags that the programs share. The mirror of common/src/flags.rs."""

import argparse
import os
import threading
import time
from pathlib import Path

LONGEST_TIME = (2**63 - 1) // 10**9
"""The longest time that a flag takes, 292 years in seconds: Python counts nanoseconds in 63 bits."""

FOR_EVER = 0
"""The time limit of a client at whose other end a person types: none."""

FARTHEST_SHIFT = 2**31 - 1
"""How far a clock may be set forth or back, in seconds: 68 years, as NTP counts."""

LONGEST_WAIT = (2**31 - 1) // 1000
"""The longest time limit of a socket, in seconds: Python gives it to poll() as an int of milliseconds."""


def parser(about):
    """An empty set of flags; the functions below add their groups to it. Of about the first line is shown."""
    return argparse.ArgumentParser(
        description=about.strip().splitlines()[0], allow_abbrev=False, formatter_class=_HelpFormatter
    )


def address(flags, port):
    """--host and --port."""
    flags.add_argument("--host", type=utf8_text, default="127.0.0.1", help="address or name; IPv6 works too")
    flags.add_argument("--port", type=_port, default=port, help="port; 0 lets the system choose a free one (servers)")
    return flags


def tcp_server(flags, port, backlog=5):
    """The flags of a TCP server: address, --backlog, --no-reuseaddr."""
    address(flags, port)
    flags.add_argument(
        "--backlog", metavar="N", type=_backlog, default=backlog, help="how many connections may wait to be accepted"
    )
    flags.add_argument(
        "--no-reuseaddr",
        action="store_true",
        help="leave SO_REUSEADDR unset, to see a restart fail while old connections are in TIME_WAIT",
    )
    return flags


def reuse_address(args):
    """Whether to set SO_REUSEADDR: not with --no-reuseaddr, and not on Windows, where it means something else."""
    return os.name == "posix" and not args.no_reuseaddr


def tcp_client(flags, port):
    """The flags of a TCP client."""
    return address(flags, port)


def udp_server(flags, port):
    """The flags of a UDP server."""
    return address(flags, port)


def udp_client(flags, port, limit=5):
    """The flags of a UDP client: address, --timeout."""
    return timeout(address(flags, port), limit)


def timeout(flags, default):
    """--timeout: how long to wait for the other side."""
    flags.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=seconds,
        default=default,
        help="how long to wait for the other side; 0 waits for ever",
    )
    return flags


def limit(args):
    """--timeout as sockets take it: None waits for ever, and so does what is longer than they can wait, 24 days."""
    return args.timeout if 0 < args.timeout <= LONGEST_WAIT else None


def message(flags, text):
    """--message, with what is sent without it."""
    flags.add_argument("--message", metavar="TEXT", type=utf8_text, default=text, help="what to send")
    return flags


def folder(flags, path, shown, about):
    """--dir: a folder, by default path, which the help shows as it is seen from the repository."""
    flags.set_defaults(dir=path)
    help_text = f"{about} (default: {shown})"
    flags.add_argument("--dir", metavar="FOLDER", type=_folder, default=argparse.SUPPRESS, help=help_text)
    return flags


def repeat(flags, text="hello"):
    """--count, --interval and --message of a client that sends again and again without reading input."""
    flags.add_argument("--count", metavar="N", type=count, help="how many messages to send (default: for ever)")
    flags.add_argument(
        "--interval", metavar="SECONDS", type=seconds, default=1, help="how long to wait between two messages"
    )
    return message(flags, text)


def messages(args):
    """Runs over the messages to send, and waits between two of them."""
    sent = 0
    while args.count is None or sent < args.count:
        if sent:
            sleep(args.interval)
        yield args.message
        sent += 1


def sleep(seconds):
    """Sleeps so long, whatever was given: the end of the sleep must be a time that the system can count to as well."""
    time.sleep(min(seconds, threading.TIMEOUT_MAX / 2))


def utf8_text(argument):
    """What argparse makes of an argument that must be text: it can be any bytes."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("give text in UTF-8") from None
    return argument


def path(argument):
    """What argparse makes of a path: an empty one is none, but Path("") is the current folder."""
    if not argument:
        raise argparse.ArgumentTypeError("give a path")
    return argument


def _folder(argument):
    return Path(path(argument))


def number(kind, least, most, wanted):
    """What argparse makes of a number, an int or a float, from least to most; wanted tells what to give instead."""

    def convert(argument):
        try:
            # Python takes " 80", "8_0" and the digits of all scripts too.
            plain = argument.isascii() and argument == argument.strip() and "_" not in argument
            given = kind(argument) if plain else None
        except ValueError:
            given = None
        # "nan" is a float, and neither less nor more than any other.
        if given is None or not least <= given <= most:
            raise argparse.ArgumentTypeError(wanted)
        return given

    return convert


_port = number(int, 0, 65535, "a port is a number from 0 to 65535")
_backlog = number(int, 0, 2**31 - 1, "give a whole number from 0 to 2147483647")
count = number(int, 0, 2**64 - 1, "give a whole number, 0 or more")
seconds = number(float, 0, LONGEST_TIME, "give seconds as a number, 0 or more, such as 2 or 0.5")
shift = number(float, -FARTHEST_SHIFT, FARTHEST_SHIFT, "give seconds as a number, such as 2 or -0.5")


class _HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Tells each default but those that say nothing: a switch is off, or the text tells already what holds."""

    def _get_help_string(self, action):
        if action.default is None or action.default is False:
            return action.help
        return super()._get_help_string(action)
