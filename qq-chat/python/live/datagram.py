"""The datagrams: JSON objects, each with a version and a kind. The table in qq-chat/README.md has all of them.

What is longer, has another version (but for an error) or kind, lacks a field, or has one of another type or size is no
datagram of ours and is None here. Fields that nobody knows are passed over, so that a later version may add some.

Rust: qq-chat/src/live/datagram
"""

import json
import re
import unicodedata

from common import console, header

VERSION = 1
"""The version of the datagrams."""

MOST_BYTES = 4096
"""The longest datagram, in bytes; longer ones are passed over."""

MOST_TEXT = 500
"""The longest text, in bytes of UTF-8."""

MOST_NAME = 32
"""The longest name, in bytes of UTF-8."""

MOST_ADDRESS = 64
"""The longest address, in bytes: IPv6 with the name of an interface."""

NAMES_AT_ONCE = 16
"""How many names stand in one answer at most."""

MOST_PEOPLE = 5000
"""How many people may be in a room at a time."""

MOST_NUMBER = 2**63 - 1
"""The largest number."""

NO_COOKIE = "0" * 16
"""What stands for the cookie in the first join."""

REFUSALS = {
    "version": f"it speaks another version of the chat than {VERSION}",
    "name": f"it does not take this name: letters, digits and . _ - are good, {MOST_NAME} bytes at most",
    "taken": "somebody has this name already: choose another with --name",
    "full": "it is full: try again later",
    "unknown": "it does not know us any more: it was started anew, or took us for vanished",
}
"""Why something cannot be."""


def is_name(name):
    """Whether somebody may be called so: letters and digits of any script, ".", "_" and "-"; 1 to 32 bytes.

    So no name looks like what the programs say themselves (* anna has left), nor like an address.
    """
    good = all(c in "._-" or unicodedata.category(c)[0] in "LN" for c in name)
    return good and 1 <= len(name.encode()) <= MOST_NAME


def pack(kind, **fields):
    """The bytes."""
    return json.dumps({"v": VERSION, "kind": kind, **fields}).encode()


def unpack_question(datagram):
    """What a person sends to the server: {"kind": …}; {"kind": "version"} where it has another one than ours."""
    fields = _unpack(datagram)
    if fields is not None and fields.get("v") != VERSION:
        is_ours = _is_number(fields.get("v")) and isinstance(fields.get("kind"), str)
        return {"kind": "version"} if is_ours else None
    return _checked(fields, _QUESTIONS)


def unpack_answer(datagram):
    """What the server sends to a person. An error counts in every version: it may say that the two differ."""
    fields = _unpack(datagram)
    if fields is None:
        return None
    is_error = fields.get("kind") == "error" and _is_number(fields["v"])
    return _checked(fields, _ANSWERS) if is_error or fields["v"] == VERSION else None


def line(event):
    """The line that screens show of an event. What a terminal would obey is escaped."""
    one = console.escape_to_one_line
    kind = event["kind"]
    if kind == "say":
        return f"{one(event['name'])}: {one(event['text'])}"
    if kind == "write":
        return f"[{one(event['address'])}]: {one(event['text'])}"
    what = {"join": "has come", "leave": "has left", "vanish": "has vanished"}[kind]
    return f"* {one(event['name'])} {what}"


def _unpack(datagram):
    if len(datagram) > MOST_BYTES:
        return None
    try:
        fields = header.loads(datagram)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or type(fields.get("v")) is not int:
        return None
    return fields


def _checked(fields, kinds):
    """The fields, if they are those of their kind."""
    if fields is None:
        return None
    kind = fields.get("kind")
    wanted = kinds.get(kind) if isinstance(kind, str) else None
    if wanted is None or not all(name in fields and is_good(fields[name]) for name, is_good in wanted.items()):
        return None
    return fields


def _is_number(value):
    # bool is a subclass of int.
    return type(value) is int and 0 <= value <= MOST_NUMBER


def _is_count(value):
    return _is_number(value) and value > 0


def _is_text(value):
    return isinstance(value, str)


def _has_length(most):
    return lambda value: _is_text(value) and 1 <= len(value.encode()) <= most


def _are_names(value):
    return isinstance(value, list) and len(value) <= NAMES_AT_ONCE and all(_is_a_name(name) for name in value)


def _is_start(value):
    return _is_text(value) and len(value.encode()) <= MOST_NAME


def _is_secret(digits):
    return lambda value: _is_text(value) and re.fullmatch(f"[0-9a-f]{{{digits}}}", value) is not None


def _is_bool(value):
    return isinstance(value, bool)


def _is_refusal(value):
    return _is_text(value) and value in REFUSALS


_is_said = _has_length(MOST_TEXT)
_is_address = _has_length(MOST_ADDRESS)

# A name that the server has taken. Only the server asks what it is made of: our Unicode may be another one, in which a
# letter of theirs is none yet.
_is_a_name = _has_length(MOST_NAME)

_COOKIE = _is_secret(16)
_TOKEN = _is_secret(32)

_QUESTIONS = {
    "join": {"name": _is_text, "cookie": _COOKIE},
    "say": {"token": _TOKEN, "n": _is_count, "text": _is_said},
    "who": {"token": _TOKEN, "n": _is_count, "after": _is_start},
    "leave": {"token": _TOKEN, "n": _is_count},
    "ack": {"token": _TOKEN, "upto": _is_number},
    "ping": {"token": _TOKEN},
    "pong": {"token": _TOKEN},
}

_ANSWERS = {
    "cookie": {"cookie": _COOKIE},
    "joined": {"token": _TOKEN, "upto": _is_number},
    "ack": {"n": _is_number},
    "people": {"n": _is_number, "names": _are_names, "more": _is_bool},
    "join": {"number": _is_count, "name": _is_a_name},
    "say": {"number": _is_count, "name": _is_a_name, "n": _is_number, "text": _is_said},
    "write": {"number": _is_count, "address": _is_address, "text": _is_said},
    "leave": {"number": _is_count, "name": _is_a_name},
    "vanish": {"number": _is_count, "name": _is_a_name},
    "ping": {},
    "pong": {},
    "error": {"error": _is_refusal},
}
