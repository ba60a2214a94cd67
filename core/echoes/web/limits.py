"""How fast one may go on."""

import time


class Allowance:
    """A token bucket: `rate` a second, after a burst of `burst`."""

    __slots__ = ("_burst", "_filled", "_left", "_rate")

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._left = float(burst)
        self._filled = time.monotonic()

    def spend(self) -> bool:
        """Take one; False when there is none."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._filled) * self._rate)
        self._filled = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    @property
    def full(self) -> bool:
        """Whether it has not been used for a while: then it can be forgotten."""
        return self._left + (time.monotonic() - self._filled) * self._rate >= self._burst


class Allowances:
    """One allowance for each key; those that are full again are forgotten."""

    def __init__(self, rate: float, burst: int, *, most: int = 10_000) -> None:
        self._rate = rate
        self._burst = burst
        self._most = most
        self._of: dict[int, Allowance] = {}

    def spend(self, key: int) -> bool:
        """Take one of this key's."""
        if key not in self._of and len(self._of) >= self._most:
            self._of = {one: allowance for one, allowance in self._of.items() if not allowance.full}
        return self._of.setdefault(key, Allowance(self._rate, self._burst)).spend()
