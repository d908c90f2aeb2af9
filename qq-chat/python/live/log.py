"""What has happened, until everybody has it. The mirror of qq-chat/src/live/log.rs, which tells why it is bounded."""

from collections import deque

MOST = 256
"""So many events are kept before it is full."""


class Log:
    """Events, the oldest first; of each its datagram, and how many have not acknowledged it yet."""

    def __init__(self):
        self.forgotten = 0
        self._events = deque()

    def last(self):
        """The number of the last event; 0 before the first."""
        return self.forgotten + len(self._events)

    def is_full(self):
        """Whether nothing new can be said."""
        return len(self._events) >= MOST

    def push(self, datagram, people):
        """Adds the event with the number last() + 1, which so many people lack."""
        self._events.append([datagram, people])
        self._forget()

    def get(self, number):
        """The event with this number; None when it is not kept."""
        index = number - self.forgotten - 1
        return self._events[index][0] if 0 <= index < len(self._events) else None

    def has(self, first, last):
        """One person has the events from first to last, or will not need them any more."""
        for number in range(first, last + 1):
            index = number - self.forgotten - 1
            if 0 <= index < len(self._events):
                self._events[index][1] -= 1
        self._forget()

    def _forget(self):
        while self._events and self._events[0][1] <= 0:
            self._events.popleft()
            self.forgotten += 1
