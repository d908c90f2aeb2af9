"""The client: what a person asks for, one thing after another, and what the server tells.

Two threads hold a talk, one has the keyboard, the other the socket: each method takes the lock. Neither sends nor prints
while it has it.

Rust: qq-chat/src/live/talk.rs, shared.rs
"""

import argparse
import functools
import threading
from collections import deque

from common import console
from live import again, datagram

MOST_LINES = 1000
"""So many lines may wait to be sent; then the keyboard waits too."""

FARTHEST = 64
"""Events that came before one that is missing are kept up to this distance: the server sends no more at once."""

LEFT = "left"
"""How a talk is over when the person has left."""

NO_ANSWER = "no answer"
"""How it is over when nothing came from the server for too long. All else is the server's refusal."""


def name(text):
    """What argparse makes of a name."""
    try:
        if datagram.is_name(text):
            return text
    except UnicodeEncodeError:
        pass
    raise argparse.ArgumentTypeError(f"give letters, digits and . _ -, {datagram.MOST_NAME} bytes at most")


def _locked(method):
    @functools.wraps(method)
    def call(self, *args):
        with self._changed:
            return method(self, *args)

    return call


class Talk:
    """A person's talk with the server, which begins with a join. With a patience of None it waits for ever."""

    def __init__(self, name, patience, now):
        self._changed = threading.Condition(threading.RLock())
        self._name = name
        self._patience = float("inf") if patience is None else patience
        self._cookie = datagram.NO_COOKIE
        self._token = None  # from the server, once it has let us in
        self._pulse = again.Pulse(now)
        self._requests = deque()  # (kind, fields): the first is on its way, if we are in
        self._n = 1  # the number of the first
        self._again_at = now  # when that, or the join, is sent next
        self._times = 0
        self._names = []  # that have come for /who
        self._seen = 0  # all events up to this number were shown
        self._early = {}  # those that came too early
        self._owes_ack = False
        self._owes_pong = False
        self._lines = []
        self._over = None

    @_locked
    def wait_for_room(self):
        """Waits until another line may be typed."""
        self._changed.wait_for(lambda: not self._is_full() or self._over)

    @_locked
    def type_line(self, line, now):
        """The person has typed a line."""
        line = line.strip()
        if line == "/quit":
            self.leave(now)
        elif line and self._is_full():
            self._lines.append(f"* not sent: {MOST_LINES} lines are waiting already")
        elif line == "/who":
            self._request(now, "who", after="")
        elif line.startswith("/"):
            self._lines.append("* that is no command: /who tells who is here, /quit ends")
        elif len(line.encode()) > datagram.MOST_TEXT:
            self._lines.append(
                f"* not sent: it has {len(line.encode())} bytes, and {datagram.MOST_TEXT} are the most"
            )
        elif line:
            self._request(now, "say", text=line)

    @_locked
    def leaves(self):
        """Whether the person has asked to leave."""
        return bool(self._requests) and self._requests[-1][0] == "leave"

    @_locked
    def leave(self, now):
        """The person goes, when everything is sent that they have typed."""
        if not self.leaves():
            self._request(now, "leave")

    @_locked
    def goodbye(self):
        """A datagram that says at once that the person goes, whatever was typed. None before they are in."""
        return datagram.pack("leave", token=self._token, n=self._n) if self._token else None

    @_locked
    def outgoing(self, now):
        """What is to be sent now."""
        if self._over:
            return []
        is_due = now >= self._again_at
        out = []
        if self._token is None:
            if is_due:
                out.append(datagram.pack("join", name=self._name, cookie=self._cookie))
        else:
            if self._owes_ack:
                out.append(datagram.pack("ack", token=self._token, upto=self._seen))
            if self._owes_pong:
                out.append(datagram.pack("pong", token=self._token))
            if self._pulse.is_ping_due(now, self._patience):
                out.append(datagram.pack("ping", token=self._token))
            if self._requests and is_due:
                kind, fields = self._requests[0]
                out.append(datagram.pack(kind, token=self._token, n=self._n, **fields))
            self._owes_ack = self._owes_pong = False
        if is_due:
            self._again_at = now + again.pause(self._times)
            self._times += 1
        return out

    @_locked
    def news(self):
        """The lines that have come since the last time, and how it is over, if it is."""
        lines, self._lines = self._lines, []
        self._changed.notify_all()
        return lines, self._over

    @_locked
    def look_at_clock(self, now):
        """Looks at the clock: whether the server was silent for too long."""
        if self._over is None and self._pulse.has_stopped(now, self._patience):
            self._over = NO_ANSWER

    @_locked
    def receive(self, data, now):
        """A datagram has come from the server."""
        answer = datagram.unpack_answer(data)
        if answer is None:
            return
        kind = answer["kind"]
        if self._token is None:
            self._enter(kind, answer, now)
        elif kind == "error":
            # No other refusal counts, not even as a sign of life: it answers an old join.
            if answer["error"] == "unknown":
                leaves = bool(self._requests) and self._requests[0][0] == "leave"
                self._over = LEFT if leaves else datagram.REFUSALS["unknown"]  # the answer to leave was lost
        else:
            self._pulse.hear(now)
            self._follow(kind, answer, now)

    def _enter(self, kind, answer, now):
        """What the server tells somebody who is not in yet."""
        if kind == "cookie":
            # The same again is a copy of what came already, and asks for nothing new.
            if answer["cookie"] != self._cookie:
                self._cookie = answer["cookie"]
                self._pulse.hear(now)
                self._ask_at_once(now)
        elif kind == "joined":
            self._pulse.hear(now)
            self._token = answer["token"]
            self._seen = answer["upto"]
            self._lines.append(f"* you are {self._name}: /who tells who is here, /quit ends")
            self._ask_at_once(now)
        elif kind == "error" and answer["error"] != "unknown":
            self._over = datagram.REFUSALS[answer["error"]]

    def _follow(self, kind, answer, now):
        """What the server tells somebody who is in."""
        asked = self._requests[0][0] if self._requests else None
        if kind == "ack":
            if answer["n"] == self._n and asked == "say":
                self._requests.popleft()
                self._next(now)
            elif answer["n"] == self._n and asked == "leave":
                self._over = LEFT
        elif kind == "people":
            if answer["n"] == self._n and asked == "who":
                self._names += answer["names"]
                # A server that never comes to the end is not asked for ever.
                if answer["more"] and answer["names"] and len(self._names) < datagram.MOST_PEOPLE:
                    self._requests[0] = ("who", {"after": self._names[-1]})
                else:
                    names, self._names = self._names, []
                    count = "1 is" if len(names) == 1 else f"{len(names)} are"
                    everybody = console.escape_to_one_line(", ".join(names))
                    self._lines.append(f"* {count} here: {everybody}")
                    self._requests.popleft()
                self._next(now)
        elif kind == "ping":
            self._owes_pong = True
        elif "number" in answer and kind != "pong":
            # What came already is acknowledged again: the server may not know.
            self._owes_ack = True
            if self._seen < answer["number"] <= self._seen + FARTHEST:
                self._early[answer["number"]] = answer
            while self._seen + 1 in self._early:
                self._seen += 1
                self._lines.append(datagram.line(self._early.pop(self._seen)))

    def _is_full(self):
        return len(self._requests) >= MOST_LINES

    def _request(self, now, kind, **fields):
        self._requests.append((kind, fields))
        if len(self._requests) == 1 and self._token:
            self._ask_at_once(now)

    def _next(self, now):
        self._n += 1
        self._ask_at_once(now)

    def _ask_at_once(self, now):
        self._again_at = now
        self._times = 0
