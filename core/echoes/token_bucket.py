"""Allowances: token buckets, one alone or one for each of many."""

import time


class TokenBucket:
    """A token bucket: `rate` a second, after a burst of `burst`."""

    __slots__ = ("_burst", "_filled", "_left", "_rate")

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._left = float(burst)
        self._filled = time.monotonic()

    def spend(self, cost: float = 1.0) -> bool:
        """Take `cost` tokens. False, and nothing is taken, when fewer are left."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._filled) * self._rate)
        self._filled = now
        if self._left < cost:
            return False
        self._left -= cost
        return True

    @property
    def burst(self) -> float:
        """Number of tokens that may be taken at once from a full bucket."""
        return self._burst

    @property
    def left(self) -> float:
        """Number of tokens that may be taken now."""
        return min(self._burst, self._left + (time.monotonic() - self._filled) * self._rate)

    @property
    def full(self) -> bool:
        """Whether the bucket is full again: it can be removed."""
        return self._left + (time.monotonic() - self._filled) * self._rate >= self._burst


class TokenBuckets:
    """One allowance for each key; those that are full again are forgotten."""

    def __init__(self, rate: float, burst: int, *, most: int = 10_000) -> None:
        self._rate = rate
        self._burst = burst
        self._most = self._least = most
        self._of: dict[int, TokenBucket] = {}

    def spend(self, key: int, cost: float = 1.0) -> bool:
        """Take `cost` tokens of this key's bucket. False, and nothing is taken, when fewer are left."""
        if key not in self._of and len(self._of) >= self._most:
            self._of = {one: allowance for one, allowance in self._of.items() if not allowance.full}
            self._most = max(self._least, 2 * len(self._of))  # not looked through again for each of many who are busy
        return self._of.setdefault(key, TokenBucket(self._rate, self._burst)).spend(cost)
