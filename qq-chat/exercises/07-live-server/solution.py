"""A room: whatever a person in it says reaches everybody, each thing once, though datagrams are lost."""

import hashlib
import json
import os
import socket
import sys
import time
import unicodedata

# In seconds: how long the socket is waited for before the clocks are looked at; after which time what is not
# acknowledged is sent again, who is silent is pinged, who is silent has vanished.
TICK = 0.05
AGAIN = 0.2
SILENCE = 1
PATIENCE = 5

# The longest text, and how many names an answer has at most.
MOST_BYTES = 500
MOST_NAMES = 16

# What a person sends: of each kind its fields and their types.
FIELDS = {
    "join": {"name": str, "cookie": str},
    "say": {"token": str, "n": int, "text": str},
    "who": {"token": str, "n": int, "after": str},
    "leave": {"token": str, "n": int},
    "ack": {"token": str, "upto": int},
    "ping": {"token": str},
    "pong": {"token": str},
}


class Person:
    def __init__(self, name, token, last):
        self.name = name
        self.token = token
        self.done = 0  # the number of their last request that is done
        self.acked = last  # the number of the last event of which we know that they have it, with all before
        self.heard = time.monotonic()  # when something came from them
        self.sent = time.monotonic()  # when something was sent to them that they have to answer


class Room:
    def __init__(self, sock):
        self.sock = sock
        self.key = os.urandom(32)  # of the cookies: a hash with it is one that nobody else can compute
        self.people = {}  # address: person
        self.events = []  # what has happened, as datagrams; the first has the number 1

    def receive(self, data, peer):
        """A datagram has come."""
        if not data.startswith(b"{"):
            self.write(data, peer)
            return
        question = unpack(data)
        if question is None:
            return
        kind, n = question["kind"], question.get("n")
        if kind == "join":
            self.join(question["name"], question["cookie"], peer)
            return
        person = self.people.get(peer)
        if person is None:
            # With a false sender it goes to somebody who asked for nothing: never more than was sent.
            answer = packed(kind="error", error="unknown")
            if kind != "pong" and len(answer) <= len(data):
                self.send_bytes(answer, peer)
            return
        # (5) whom to believe: an address can be forged, a token cannot be guessed
        #~ write
        if question["token"] != person.token:
            return
        #~ end
        person.heard = time.monotonic()
        # (6) the number: the next request is done, the last one only answered again, any other passed over
        is_new = True
        if kind in ("say", "who"):
            #~ write
            #~| pass
            is_new = n == person.done + 1
            if not is_new and n != person.done:
                return
            person.done = n
            #~ end
        if kind == "say":
            self.send(peer, kind="ack", n=n)
            if is_new:
                text = question["text"]
                self.happen(f"{person.name}: {one_line(text)}", kind="say", name=person.name, n=n, text=text)
        elif kind == "who":
            names = sorted(other.name for other in self.people.values() if other.name > question["after"])
            self.send(peer, kind="people", n=n, names=names[:MOST_NAMES], more=len(names) > MOST_NAMES)
        elif kind == "leave":
            self.send(peer, kind="ack", n=n)
            self.remove(peer, "leave", "has left")
        elif kind == "ack":
            # (7) ack: all events up to this number have come
            #~ write
            #~| pass
            if person.acked < question["upto"] <= len(self.events):
                person.acked = question["upto"]
            #~ end
        elif kind == "ping":
            self.send(peer, kind="pong")

    def join(self, name, cookie, peer):
        """Somebody wants to come in."""
        # (3) the cookie: a hash of the address, with our key; it arrives only where that address is
        #~ write
        right = hashlib.blake2b(repr(peer).encode(), key=self.key, digest_size=8).hexdigest()
        if cookie != right:
            self.send(peer, kind="cookie", cookie=right)
            return
        #~ end
        person = self.people.get(peer)
        if person and person.name == name:
            # The answer was lost.
            self.send(peer, kind="joined", token=person.token, upto=person.acked)
            return
        if any(other.name == name for other in self.people.values()):
            self.send(peer, kind="error", error="taken")
            return
        if not is_name(name):
            self.send(peer, kind="error", error="name")
            return
        # The cookie proves it: somebody else has this address now.
        self.remove(peer, "vanish", "has vanished")
        # (4) the token: 32 random digits; then joined, and the person is here
        #~ write
        token = os.urandom(16).hex()
        self.send(peer, kind="joined", token=token, upto=len(self.events))
        self.people[peer] = Person(name, token, len(self.events))
        #~ end
        self.happen(f"* {name} has come", kind="join", name=name)

    def happen(self, line, **event):
        """Something has happened: it gets a number, is shown, kept, and sent to everybody."""
        print(line, flush=True)
        event["number"] = len(self.events) + 1
        for peer, person in self.people.items():
            self.send(peer, **event)
            # Who still lacks another one will be sent that first.
            if person.acked == len(self.events):
                person.sent = time.monotonic()
        self.events.append(event)

    def look_at_clocks(self):
        """Sends again what is not acknowledged, pings who is silent, takes out who has vanished."""
        now = time.monotonic()
        for peer, person in list(self.people.items()):
            # (8) the clocks: `self.send(peer, **event)`, and `self.remove(peer, "vanish", "has vanished")`
            #~ write
            #~| pass
            silence = now - person.heard
            lacks = person.acked < len(self.events)
            if silence >= PATIENCE:
                self.remove(peer, "vanish", "has vanished")
            elif now - person.sent >= AGAIN and (lacks or silence >= SILENCE):
                self.send(peer, **(self.events[person.acked] if lacks else {"kind": "ping"}))
                person.sent = now
            #~ end

    def remove(self, peer, kind, what):
        """Takes out who is at this address, if anybody is, and tells the others."""
        person = self.people.pop(peer, None)
        if person:
            self.happen(f"* {person.name} {what}", kind=kind, name=person.name)

    def write(self, data, peer):
        """Somebody has written plain text, as the lesson's client does. The answer is shorter than that."""
        text = data.decode("utf-8", "replace")
        if not 1 <= len(text.encode()) <= MOST_BYTES:
            return
        self.send_bytes(b"ok" if len(data) > 2 else b"", peer)
        address = f"{peer[0]}:{peer[1]}"
        self.happen(f"[{address}]: {one_line(text)}", kind="write", address=address, text=text)

    def send(self, peer, **fields):
        self.send_bytes(packed(**fields), peer)

    def send_bytes(self, data, peer):
        # (9) sendto
        try:
            self.sock.sendto(data, peer)
        except OSError as error:
            print(f"cannot send to {peer}: {error}", file=sys.stderr)


def packed(**fields):
    """The bytes of a datagram."""
    return json.dumps({"v": 1, **fields}).encode()


def unpack(data):
    """What a person has sent, a dict; None if it breaks a rule of the table."""
    try:
        question = json.loads(data)
        if question.get("v") != 1:
            return None
        fields = FIELDS[question["kind"]]
        # bool is a subclass of int, so isinstance would take true for a number.
        if not all(type(question[name]) is wanted for name, wanted in fields.items()):
            return None
        # Half of a surrogate pair is a string for JSON, and no text: encode says so.
        if not all(len(question[name].encode()) <= MOST_BYTES for name in fields if fields[name] is str):
            return None
        return None if question.get("text") == "" else question
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
        return None


def is_name(name):
    good = all(c.isalnum() or c in "._-" for c in name)
    return good and 1 <= len(name.encode()) <= 32


def one_line(text):
    """A text that cannot look like two lines, and that no terminal obeys."""
    return "".join(repr(c)[1:-1] if unicodedata.category(c) == "Cc" else c for c in text)


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    #~ uncomment
    # (1) socket, bind
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", port))
    sock.settimeout(TICK)
    room = Room(sock)
    while True:
        # (2) recvfrom: not for ever, because there are clocks to look at
        try:
            data, peer = sock.recvfrom(65535)
            room.receive(data, peer)
        except socket.timeout:
            pass
        room.look_at_clocks()
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket, bind: take the # from the lines above, and this line away")
    #~ end


try:
    main()
except KeyboardInterrupt:
    pass
