"""Which clients ask too fast. The mirror of ntp/src/sntp/rate.rs, which tells how it is counted."""

BURST = 8
"""How many questions a client may ask without a rest."""

MOST_CLIENTS = 4096
"""How many clients are remembered."""


class Clients:
    """The clients who have asked lately. An interval of 0 lets everybody ask at will."""

    def __init__(self, interval):
        self.interval = interval
        self.busy = {}

    def may_ask(self, client, now):
        """Whether the client, an IP address, who asks now may; then it is counted."""
        if self.interval == 0:
            return True
        if len(self.busy) >= MOST_CLIENTS and client not in self.busy:
            self.busy = {other: until for other, until in self.busy.items() if until > now}
            if len(self.busy) >= MOST_CLIENTS:
                self.busy.clear()
        until = max(now, self.busy.get(client, now))
        may = until - now <= self.interval * (BURST - 1)
        self.busy[client] = until + self.interval if may else until
        return may
