"""The contents of Redis, sampled slowly in the background: memory at intervals, keys by pattern from a bounded sample."""

import asyncio
import random
import re
from collections import Counter
from itertools import count

import structlog
from echoes.errors import FacilityError

from echoes_redis import metrics
from echoes_redis.channel import PATTERNS as CHANNEL_PATTERNS
from echoes_redis.driver import Driver
from echoes_redis.keys import PATTERNS

log = structlog.get_logger("echoes.redis")
MEMORY_SECONDS = 15.0
ROUNDS_BETWEEN_SAMPLES = 4
SAMPLE_STEPS = 20
SAMPLE_COUNT = 500
STEP_SECONDS = 0.05
LABELS = 40
"""Most patterns that are counted separately; cached kinds are declared elsewhere and name themselves."""
_KNOWN = [
    (re.compile(re.escape(one.key).replace(r"\{id\}", "[^:]+").replace(r"\{name\}", ".+")), one.key)
    for one in (*PATTERNS, *CHANNEL_PATTERNS)
]
_CACHED = re.compile(r"([a-z]+):[^:]+:([a-z]+)")


async def inspect(driver: Driver, prefix: str, *, role: str) -> None:
    """Sample until cancelled; values that cannot be read are left out."""
    patterns: set[str] = set()
    for turn in count():
        try:
            for section, field, gauge in ((b"memory", b"used_memory", metrics.MEMORY), (b"stats", b"evicted_keys", metrics.EVICTED)):
                if (number := await said(driver, section, field)) is not None:
                    gauge.labels(role).set(number)
            if turn % ROUNDS_BETWEEN_SAMPLES == 0:
                found = await sample(driver, prefix)
                patterns |= found.keys()
                for pattern in patterns:
                    metrics.KEYS.labels(role, pattern).set(found.get(pattern, 0))
        except FacilityError as error:
            log.debug("redis.inspection_failed", role=role, error=str(error))
        await asyncio.sleep(random.uniform(0.8, 1.2) * MEMORY_SECONDS)


async def said(driver: Driver, section: bytes, field: bytes) -> int | None:
    """Return a number of INFO; None when Redis does not report it."""
    found = re.search(rb"^%b:(\d+)" % field, await driver.call("INFO", section), re.MULTILINE)
    return int(found[1]) if found else None


async def sample(driver: Driver, prefix: str) -> dict[str, int]:
    """Return keys by pattern; estimated when there are more than the sample reads. At most `SAMPLE_STEPS` small steps."""
    seen: Counter[str] = Counter()
    cursor, looked = b"0", 0
    for _ in range(SAMPLE_STEPS):
        cursor, keys = await driver.call("SCAN", cursor, "COUNT", SAMPLE_COUNT)
        looked += len(keys)
        seen.update(pattern_of(key.decode(errors="replace"), prefix) for key in keys)
        if cursor == b"0":
            return _bounded(seen, 1.0)
        await asyncio.sleep(STEP_SECONDS)
    return _bounded(seen, await driver.call("DBSIZE") / max(1, looked))


def pattern_of(key: str, prefix: str) -> str:
    """Return the row of the key table that a key belongs to; `other` without one. Never an id."""
    name = key.removeprefix(prefix)
    if name == key and prefix:
        return "other"
    known = next((pattern for matcher, pattern in _KNOWN if matcher.fullmatch(name)), None)
    if known is not None:
        return known
    cached = _CACHED.fullmatch(name)
    return f"{cached[1]}:{{id}}:{cached[2]}" if cached else "other"


def _bounded(seen: Counter[str], factor: float) -> dict[str, int]:
    return {pattern: round(keys * factor) for pattern, keys in seen.most_common(LABELS)}
