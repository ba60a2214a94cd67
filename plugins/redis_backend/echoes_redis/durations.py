"""Seconds in Redis' units."""

import math

FOREVER_SECONDS = 10 * 365 * 86_400.0
"""The longest time that Redis is asked to keep anything, also for infinity."""


def milliseconds(seconds: float) -> int:
    """Return whole milliseconds, rounded up, at least one: Redis takes zero for "delete it"."""
    return max(1, math.ceil(min(seconds, FOREVER_SECONDS) * 1000))
