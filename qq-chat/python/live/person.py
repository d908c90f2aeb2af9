"""One person at the server: what they have got, and what is on its way. The mirror of qq-chat/src/live/person.rs."""

from collections import deque

from live import again

WINDOW = 32
"""How many events may be on their way to a person."""


class Person:
    """Somebody who has joined."""

    __slots__ = ("name", "token", "done", "pulse", "is_queued", "acked", "_on_their_way", "_again_at", "_repetitions")

    def __init__(self, name, token, last, now):
        """Joins when the last event has the number last."""
        self.name = name
        self.token = token
        self.done = 0
        self.pulse = again.Pulse(now)
        self.is_queued = False
        self.acked = last
        self._on_their_way = deque()  # when the events behind acked were sent for the first time
        self._again_at = now
        self._repetitions = 0

    def next(self, last):
        """The number of the next event that they get; None if there is none, or too many are on their way."""
        following = self.acked + len(self._on_their_way) + 1
        return following if following <= last and len(self._on_their_way) < WINDOW else None

    def sent(self, now):
        """The next event is sent."""
        if not self._on_their_way:
            self._again_at = now + again.FIRST_PAUSE
            self._repetitions = 0
        self._on_their_way.append(now)

    def acknowledge(self, upto):
        """They have all up to a number: how many events they have got since the last time."""
        more = upto - self.acked
        if not 0 < more <= len(self._on_their_way):
            return 0  # what was never sent cannot be acknowledged
        for _ in range(more):
            self._on_their_way.popleft()
        self.acked = upto
        self._repetitions = 0
        # The next one may have been lost long ago: then it goes out at once.
        if self._on_their_way:
            self._again_at = self._on_their_way[0] + again.FIRST_PAUSE
        return more

    def again(self, now):
        """The number of the event that is to be sent again now, or None. Then it is noted."""
        if not self._on_their_way or now < self._again_at:
            return None
        self._repetitions += 1
        self._again_at = now + again.pause(self._repetitions)
        return self.acked + 1

    def is_gone(self, now, patience):
        """Whether they have been silent for so long, or have not acknowledged an event for so long."""
        is_stuck = bool(self._on_their_way) and now - self._on_their_way[0] >= patience
        return is_stuck or self.pulse.has_stopped(now, patience)
