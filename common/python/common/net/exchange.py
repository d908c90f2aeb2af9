"""A message sent over a connection, and its echo received. The mirror of common/src/net/exchange.rs."""

from .. import console
from .address import shown
from .or_say import or_say

BLOCK = 64 * 1024
"""How much is sent before the echo is received: so much fits into the buffers of the two systems."""


def blocks(message):
    """The message in blocks that fit into the buffers of the two systems."""
    return (message[start : start + BLOCK] for start in range(0, len(message), BLOCK))


def exchange(conn, message, server):
    """Sends a message and receives as many bytes back: sendall, then recv until all are there.

    echo-tcp/python/client.py has the loop in the open, and says why it goes in blocks.
    """
    echo = bytearray()
    with or_say("lost the connection to", server):
        for block in blocks(message):
            conn.sendall(block)
            sent = len(echo) + len(block)
            while len(echo) < sent:
                data = conn.recv(sent - len(echo))
                if not data:
                    raise hung_up(server, len(echo), len(message))
                echo += data
    return bytes(echo)


def hung_up(server, got, expected):
    """The error of a server that closes in the middle of its answer."""
    return console.Failure(
        f"{shown(server)} hung up after {got} of {expected} bytes of the answer: is the server still running?"
    )
