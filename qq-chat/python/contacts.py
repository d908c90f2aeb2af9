"""The contact list: who can be written to, and where.

A list of one's own is a JSON object, each name with the address where that person's server
listens: {"anna": "192.0.2.7:8080", "jürgen": "[::1]:8081"}.

Rust: qq-chat/src/contacts.rs
"""

import json
import re
import socket

from common import console, net

FRIENDS = ("pony", "jack", "charles", "nick")


def read(file):
    """The contacts of a file: {name: (host, port)}, in the order of the file."""
    try:
        with open(file, encoding="utf-8") as opened:
            text = opened.read()
    except (OSError, ValueError) as error:
        error.filename = None  # it is named already
        why = console.reason(error)
        raise console.Failure(f"cannot read the contact list {file}, check --contacts: {why}") from None
    try:
        return parse(text)
    except (ValueError, RecursionError) as error:
        raise console.Failure(
            f'{file} is not a contact list of the form {{"name": "host:port"}}: {error}'
        ) from None


def friends_at(host, port):
    """The lesson's list, with every friend at the given place."""
    return {name: (host, port) for name in FRIENDS}


def parse(text):
    """Makes contacts of JSON text; a ValueError says what is wrong."""
    people = json.loads(text)
    if not isinstance(people, dict):
        raise ValueError("it is no object")
    # JSON can escape half a character, which no screen shows: here it is a ValueError.
    json.dumps(people, ensure_ascii=False).encode()
    return {name: _split_address(name, address) for name, address in people.items()}


def resolve(name, host, port):
    """The (family, address) of a contact, looked up only when it is needed."""
    try:
        return net.resolve(host, port, socket.SOCK_DGRAM)
    except console.Failure as error:
        raise console.Failure(f"{error} (or the address of {name} in --contacts)") from None


def _split_address(name, address):
    found = re.fullmatch(r"(.+):([0-9]+)", address, re.DOTALL) if isinstance(address, str) else None
    if not found or not 0 < int(found[2]) < 65536:
        raise ValueError(f"{json.dumps(name)} has the address {json.dumps(address)}")
    return found[1], int(found[2])
