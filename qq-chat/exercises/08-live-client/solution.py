"""Talks with everybody in the room: you may type at any time, and others may at any time be read."""

import json
import os
import socket
import sys
import threading
import time
import unicodedata
from collections import deque

# In seconds: how long the socket is waited for before the clocks are looked at; after which time what is not
# answered is sent again, a server that is silent is pinged, and one that is silent is gone.
TICK = 0.05
AGAIN = 0.2
SILENCE = 1
PATIENCE = 5

# The longest text, in bytes, and how far ahead of what was shown an event is kept.
MOST_BYTES = 500
FARTHEST = 64

# What the server sends: of each kind its fields and their types.
FIELDS = {
    "cookie": {"cookie": str},
    "joined": {"token": str, "upto": int},
    "ack": {"n": int},
    "people": {"n": int, "names": list, "more": bool},
    "join": {"number": int, "name": str},
    "say": {"number": int, "name": str, "n": int, "text": str},
    "write": {"number": int, "address": str, "text": str},
    "leave": {"number": int, "name": str},
    "vanish": {"number": int, "name": str},
    "ping": {},
    "pong": {},
    "error": {"error": str},
}


class Talk:
    """What both threads need: whoever uses it has the lock."""

    def __init__(self, name):
        self.lock = threading.Lock()
        self.name = name
        self.cookie = "0" * 16
        self.token = None  # before we are in
        self.requests = deque()  # what the person asks for: the first, with the number n, is on its way
        self.n = 1
        self.asked = None  # when it, or the join, was sent; None if it is to be sent at once
        self.seen = 0  # all events up to this number were shown
        self.early = {}  # and these came too early
        self.replies = []  # what is to be sent once: acknowledgements, pongs
        self.heard = time.monotonic()  # when something came from the server
        self.pinged = time.monotonic()
        self.over = None  # how it is over, if it is: "" if well, else why

    def type_line(self, line):
        """The person has typed a line."""
        # (5) what is no text: an empty line, and more than 500 bytes
        #~ write
        if not line:
            return
        size = len(line.encode())
        if size > MOST_BYTES:
            print(f"not sent: it has {size} bytes", file=sys.stderr)
            return
        #~ end
        self.requests.append({"kind": "who", "after": ""} if line == "/who" else {"kind": "say", "text": line})

    def due(self):
        """What is to be sent now, as dicts."""
        now = time.monotonic()
        out, self.replies = self.replies, []
        if now - self.heard >= PATIENCE:
            self.over = "it does not answer"
        if self.token and now - self.heard >= SILENCE and now - self.pinged >= AGAIN:
            out.append({"kind": "ping"})
            self.pinged = now
        # (6) the join, or the first request, with its n: at once, and again after AGAIN
        #~ write
        #~| if not self.token and self.asked is None:
        #~|     out.append({"kind": "join", "name": self.name, "cookie": self.cookie})
        #~|     self.asked = now
        if self.asked is None or now - self.asked >= AGAIN:
            if not self.token:
                out.append({"kind": "join", "name": self.name, "cookie": self.cookie})
                self.asked = now
            elif self.requests:
                out.append({**self.requests[0], "n": self.n})
                self.asked = now
        #~ end
        token = {"token": self.token} if self.token else {}
        return [{"v": 1, **datagram, **token} for datagram in out]

    def receive(self, data):
        """A datagram has come from the server."""
        answer = unpack(data)
        if answer is None:
            return
        self.heard = time.monotonic()
        kind = answer["kind"]
        if kind == "cookie":
            # (7) the cookie and the token
            #~ write
            #~| pass
            if answer["cookie"] != self.cookie:
                self.cookie = answer["cookie"]
                self.asked = None
            #~ end
        elif kind == "joined" and not self.token:
            print(f"* you are {self.name}: /who tells who is here, /quit ends", flush=True)
            #~ write
            self.token = answer["token"]
            self.seen = answer["upto"]
            self.asked = None
            #~ end
        elif kind == "ack":
            # (8) ack: the first request is done, if it is this one; after "leave" the talk is over
            #~ write
            #~| pass
            if self.requests and answer["n"] == self.n:
                done = self.requests.popleft()
                self.n += 1
                self.asked = None
                if done["kind"] == "leave":
                    self.over = ""
            #~ end
        elif kind == "people":
            if self.requests and answer["n"] == self.n:
                print(f"* here: {', '.join(answer['names'])}", flush=True)
                self.requests.popleft()
                self.n += 1
                self.asked = None
                if answer["more"] and answer["names"]:
                    self.requests.appendleft({"kind": "who", "after": answer["names"][-1]})
        elif kind == "ping":
            self.replies.append({"kind": "pong"})
        elif kind == "error":
            leaves = self.requests and self.requests[0]["kind"] == "leave"
            # It does not know us any more, because we have left: the ack was lost.
            has_left = answer["error"] == "unknown" and leaves
            self.over = "" if has_left else answer["error"]
        elif "number" in answer and self.token:
            self.happen(answer["number"], shown(answer))

    def happen(self, number, line):
        """An event has come: it is shown once, when all before it were shown, and acknowledged each time."""
        # (9) the order: what comes too early is kept, up to FARTHEST; then the ack, up to what was shown
        #~ write
        #~| print(line, flush=True)
        if self.seen < number <= self.seen + FARTHEST:
            self.early[number] = line
        while self.seen + 1 in self.early:
            self.seen += 1
            print(self.early.pop(self.seen), flush=True)
        self.replies.append({"kind": "ack", "upto": self.seen})
        #~ end


def shown(event):
    """The line of an event."""
    kind = event["kind"]
    if kind == "say":
        return f"{event['name']}: {one_line(event['text'])}"
    if kind == "write":
        return f"[{one_line(event['address'])}]: {one_line(event['text'])}"
    what = {"join": "has come", "leave": "has left", "vanish": "has vanished"}[kind]
    return f"* {event['name']} {what}"


def unpack(data):
    """What the server has sent, a dict; None if it breaks a rule of the table."""
    try:
        answer = json.loads(data)
        # An error counts in every version: it may say that the server's is another one.
        if answer.get("v") != 1 and answer["kind"] != "error":
            return None
        fields = FIELDS[answer["kind"]]
        # bool is a subclass of int, so isinstance would take true for a number.
        if not all(type(answer[name]) is wanted for name, wanted in fields.items()):
            return None
        # Half of a surrogate pair is a string for JSON, and no text: encode says so.
        if not all(len(answer[name].encode()) <= MOST_BYTES for name in fields if fields[name] is str):
            return None
        names = answer.get("names", []) + [answer[name] for name in ("name", "error") if name in fields]
        return answer if all(is_name(name) for name in names) else None
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
        return None


def is_name(name):
    good = all(c.isalnum() or c in "._-" for c in name)
    return good and 1 <= len(name.encode()) <= 32


def one_line(text):
    """A text that cannot look like two lines, and that no terminal obeys."""
    return "".join(repr(c)[1:-1] if unicodedata.category(c) == "Cc" else c for c in text)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    name = sys.argv[3] if len(sys.argv) > 3 else "anna"
    try:
        over = hold((host, port), name)
    except OSError as error:
        over = str(error)
    if over:
        print(f"error: no chat with {host}:{port}: {over}", file=sys.stderr, flush=True)
        # The other thread waits for the keyboard, and sys.exit would wait for it.
        os._exit(1)


def hold(server, name):
    """Holds a talk with the server, until it is over: why, or nothing if all is well."""
    #~ uncomment
    # (1) socket
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(TICK)
    talk = Talk(name)
    # (2) thread: another one for the keyboard
    #~ write
    threading.Thread(target=type_lines, args=(talk,), daemon=True).start()
    #~ end
    while talk.over is None:
        # (3) sendto
        with talk.lock:
            out = talk.due()
        for datagram in out:
            sock.sendto(json.dumps(datagram).encode(), server)
        # (4) recvfrom: from the server, and from nobody else; not for ever, because there are clocks to look at
        try:
            data, peer = sock.recvfrom(65535)
        except socket.timeout:
            continue
        #~ write
        #~| with talk.lock:
        #~|     talk.receive(data)
        if peer == server:
            with talk.lock:
                talk.receive(data)
        #~ end
    return talk.over
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


def type_lines(talk):
    """The thread of the keyboard: it has the lock only while it does not wait."""
    for line in sys.stdin:
        line = line.strip()
        if line == "/quit":
            break
        with talk.lock:
            talk.type_line(line)
    with talk.lock:
        talk.requests.append({"kind": "leave"})


try:
    main()
except KeyboardInterrupt:
    os._exit(130)
