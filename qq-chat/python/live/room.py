"""The server: who is here, what has happened, and what goes to whom.

Who is not known gets no more than they sent: a join is answered with a cookie, which only arrives at the address that
the datagram named, and nothing else is kept of it. Only who sends the cookie back gets a place, a name and a token. What
comes from their address without the token is passed over, so nobody can speak to the server in their name.

Rust: qq-chat/src/live/room
"""

import bisect
import hashlib
import hmac
import os
from collections import deque

from common import net
from live import datagram, visitor
from live.log import Log
from live.person import Person

TICK = 0.05
"""How often the clocks are looked at, in seconds."""


class Room:
    """The room in which everybody is. Who is silent for longer than patience seconds has vanished."""

    def __init__(self, patience, now):
        self._patience = patience
        self._key = os.urandom(32)  # of the cookies
        self._people = {}  # address: person
        self._names = []  # in their order
        self._log = Log()
        self._visitors = visitor.Visitors(now)
        self._queue = deque()  # who gets an event next, each once
        self._urgent = deque()  # answers, pings and what is sent again: before the queue
        self._news = []  # what has happened, for the screen
        self._looked_at = now

    def pause(self):
        """How long the server may wait for a datagram, in seconds.

        Not at all while there is something to send, for ever (None) while nobody is here.
        """
        if self._queue or self._urgent:
            return 0
        return TICK if self._people else None

    def outgoing(self, now, most):
        """What is to be sent, most datagrams at most: (datagram, address)."""
        out = [self._urgent.popleft() for _ in range(min(most, len(self._urgent)))]
        while len(out) < most and self._queue:
            address = self._queue.popleft()
            person = self._people.get(address)
            if person is None:
                continue
            person.is_queued = False
            number = person.next(self._log.last())
            if number is not None:
                out.append((self._log.get(number), address))
                person.sent(now)
                self._enqueue(person, address)
        return out

    def news(self):
        """What has happened since the last time, for the screen, a line each."""
        news, self._news = self._news, []
        return news

    def receive(self, data, peer, now):
        """A datagram has come."""
        if not data.startswith(b"{"):
            self._visit(data, peer, now)
            return
        question = datagram.unpack_question(data)
        if question is None:
            return
        kind = question["kind"]
        if kind == "version":
            self._refuse("version", peer, len(data))
        elif kind == "join":
            self._join(question["name"], question["cookie"], peer, now)
        elif peer not in self._people:
            # Whoever is not here need not be told so when they say that they are.
            if kind != "pong":
                self._refuse("unknown", peer, len(data))
        elif self._is_from(peer, question["token"], now):
            self._hear(kind, question, peer)

    def look_at_clocks(self, now):
        """Looks at the clocks, if it was not done just now: what is sent again, who is pinged, who is gone."""
        if now - self._looked_at < TICK:
            return
        self._looked_at = now
        gone = []
        for address, person in self._people.items():
            if person.is_gone(now, self._patience):
                gone.append(address)
                continue
            number = person.again(now)
            if number is not None:
                self._urgent.append((self._log.get(number), address))
            if person.pulse.is_ping_due(now, self._patience):
                self._answer(address, "ping")
        for address in gone:
            self._remove(address, "vanish")

    def _is_from(self, peer, token, now):
        """Whether it has the token of the person at that address.

        If not, it is forged: an answer would go to that person, who did not ask.
        """
        person = self._people[peer]
        if not hmac.compare_digest(person.token, token):
            return False
        person.pulse.hear(now)
        return True

    def _hear(self, kind, question, peer):
        person = self._people[peer]
        if kind == "ack":
            got = person.acknowledge(question["upto"])
            self._log.has(person.acked - got + 1, person.acked)
            self._enqueue(person, peer)
        elif kind == "ping":
            self._answer(peer, "pong")
        elif kind != "pong":
            self._request(kind, question, peer)

    def _join(self, name, cookie, peer, now):
        expected = hashlib.blake2b(repr(peer).encode(), key=self._key, digest_size=8).hexdigest()
        if not hmac.compare_digest(cookie, expected):
            # A join is always longer than this.
            self._answer(peer, "cookie", cookie=expected)
            return
        person = self._people.get(peer)
        if person and person.name == name:
            # The answer was lost, or the question came twice.
            self._answer(peer, "joined", token=person.token, upto=person.acked)
        elif not datagram.is_name(name):
            self._answer(peer, "error", error="name")
        elif self._has_name(name):
            self._answer(peer, "error", error="taken")
        elif len(self._people) >= datagram.MOST_PEOPLE:
            self._answer(peer, "error", error="full")
        elif not self._log.is_full():  # it is asked again, and then there may be room
            if person:
                self._remove(peer, "vanish")  # the cookie proves that somebody else has the address now
            token, last = os.urandom(16).hex(), self._log.last()
            self._people[peer] = Person(name, token, last, now)
            bisect.insort(self._names, name)
            self._answer(peer, "joined", token=token, upto=last)
            self._happen("join", name=name)

    def _has_name(self, name):
        index = bisect.bisect_left(self._names, name)
        return self._names[index : index + 1] == [name]

    def _request(self, kind, question, peer):
        """Does what a person asks for, unless it is done already: then it is only answered again."""
        person, n = self._people[peer], question["n"]
        is_new = n == person.done + 1
        if kind == "leave":
            self._answer(peer, "ack", n=n)
            self._remove(peer, "leave")
        elif not is_new and n != person.done:
            pass  # an old one that comes late, or one that cannot be
        elif kind == "who":
            person.done = n
            first = bisect.bisect_right(self._names, question["after"])
            end = first + datagram.NAMES_AT_ONCE
            self._answer(peer, "people", n=n, names=self._names[first:end], more=len(self._names) > end)
        elif not is_new:
            self._answer(peer, "ack", n=n)
        elif not self._log.is_full():  # without an answer it is asked again
            person.done = n
            self._answer(peer, "ack", n=n)
            self._happen("say", name=person.name, n=n, text=question["text"])

    def _visit(self, data, peer, now):
        """Somebody writes plain text."""
        if not data:
            return  # no answer is shorter
        text = data.decode("utf-8", "replace")
        if len(data) > datagram.MOST_BYTES or len(text.encode()) > datagram.MOST_TEXT:
            answers = b"too long: 500 bytes are the most", b"too long"
        elif self._log.is_full() or not self._visitors.may_write(now):
            answers = b"too fast: wait a moment", b"too fast"
        else:
            answers = f"passed on to {len(self._people)} people".encode(), b"ok"
            self._happen("write", address=net.shown(peer), text=text)
        self._urgent.append((visitor.shorter(len(data), answers), peer))

    def _happen(self, kind, **fields):
        """Adds an event, which everybody gets."""
        self._news.append(datagram.line({"kind": kind, **fields}))
        packed = datagram.pack(kind, number=self._log.last() + 1, **fields)
        self._log.push(packed, len(self._people))
        for address, person in self._people.items():
            self._enqueue(person, address)

    def _enqueue(self, person, address):
        """Puts somebody into the queue who may get an event and does not stand there yet."""
        if not person.is_queued and person.next(self._log.last()) is not None:
            person.is_queued = True
            self._queue.append(address)

    def _remove(self, peer, kind):
        """Takes somebody out, and tells the others."""
        person = self._people.pop(peer)
        del self._names[bisect.bisect_left(self._names, person.name)]
        self._log.has(person.acked + 1, self._log.last())
        self._happen(kind, name=person.name)

    def _answer(self, peer, kind, **fields):
        self._urgent.append((datagram.pack(kind, **fields), peer))

    def _refuse(self, error, peer, asked):
        """Says no to somebody who is not known, unless that takes more bytes than they sent."""
        answer = datagram.pack("error", error=error)
        if len(answer) <= asked:
            self._urgent.append((answer, peer))
