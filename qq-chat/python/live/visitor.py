"""Who writes plain text, as the lesson's client does. The mirror of qq-chat/src/live/visitor.rs, which tells the rules."""

BURST = 10
"""How many texts of visitors may come at once."""

PER_SECOND = 5
"""How many of them may come in a second."""


class Visitors:
    """How much visitors have written of late."""

    def __init__(self, now):
        self._busy = now

    def may_write(self, now):
        """Whether one may write now; then it is counted."""
        spacing = 1 / PER_SECOND
        self._busy = max(self._busy, now)
        may = self._busy - now <= spacing * (BURST - 1) + 1e-9
        if may:
            self._busy += spacing
        return may


def shorter(size, answers):
    """The first of the answers that is shorter than a text of size bytes, and an empty one if all are too long."""
    return next((answer for answer in answers if len(answer) < size), b"")
