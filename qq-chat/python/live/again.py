"""When to send again, when to ping, when somebody is gone. The mirror of qq-chat/src/live/again.rs, which says why so."""

FIRST_PAUSE = 0.1
"""How long after the first time something is sent again, in seconds."""

LONGEST_PAUSE = 0.5
"""The pause doubles with each time, up to this."""


def pause(repetitions):
    """How long to wait for an answer after so many repetitions, in seconds."""
    return min(FIRST_PAUSE * 2 ** min(repetitions, 3), LONGEST_PAUSE)


class Pulse:
    """When the other side was heard, and when it was asked whether it is still there."""

    def __init__(self, now):
        self.heard = now
        self.pinged = now

    def hear(self, now):
        self.heard = now

    def is_ping_due(self, now, patience):
        """Whether to ping: after a quarter of the patience without a word, and then each twentieth. Then it is noted."""
        is_due = now - self.heard >= patience / 4 and now - self.pinged >= patience / 20
        if is_due:
            self.pinged = now
        return is_due

    def has_stopped(self, now, patience):
        """Whether nothing was heard for all of the patience."""
        return now - self.heard >= patience
