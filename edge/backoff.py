"""How long to wait before the next try: fast at first, then slower, never in step with other nodes."""

import random

FIRST = 0.2
LONGEST = 10.0


class Backoff:
    """Delays in seconds: 0.2, 0.4, 0.8 … 10, each spread over half to all of its length."""

    def __init__(self, first: float = FIRST, longest: float = LONGEST) -> None:
        self.first = first
        self.longest = longest
        self._next = first

    def reset(self) -> None:
        """The last try worked: start over with the short waits."""
        self._next = self.first

    def delay(self) -> float:
        """The next wait in seconds."""
        current = self._next
        self._next = min(self.longest, current * 2)
        return current * random.uniform(0.5, 1.0)  # noqa: S311  spreading load, not a secret
