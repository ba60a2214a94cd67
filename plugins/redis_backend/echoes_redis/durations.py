"""Seconds as Redis takes them."""

import math

FOREVER_SECONDS = 10 * 365 * 86_400.0
"""The longest that Redis is asked to remember anything, also for infinity."""


def milliseconds(seconds: float) -> int:
    """Whole milliseconds, rounded up, at least one: Redis takes zero for "delete it"."""
    return max(1, math.ceil(min(seconds, FOREVER_SECONDS) * 1000))
