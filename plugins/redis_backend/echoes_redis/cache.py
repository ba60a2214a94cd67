"""Cached values: one key each, in the kind's shape, with a header that decides which writes may replace it.

The header has generation, version, checksum, expiry, and the version below which writes are refused until a time. It is the field `@` of a
hash, the first element of a list, the first line of a string. A hash's own fields that begin with `@` get a second one. After an
invalidation only the header is left.
"""

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec
import structlog
from echoes.facilities.cache import CachedKind, Entry

from echoes_redis.driver import Driver
from echoes_redis.keys import Keys
from echoes_redis.script import Script

log = structlog.get_logger("echoes.redis")

READ = Script("cache_read")
WRITE = Script("cache_write", together=True)
INVALIDATE = Script("cache_invalidate", together=True)
DROP = Script("cache_drop")
SCRIPTS = (READ, WRITE, INVALIDATE, DROP)

HEADER = b"@"
HIT, FOREIGN = 1, 2
_elements = msgspec.json.Decoder(list[msgspec.Raw])
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


class RedisCache:
    """`Cache` for any number of workers.

    A foreign entry (another type, no header, a wrong checksum) is logged, is a miss, and is replaced by the next write.
    """

    def __init__(self, driver: Driver, keys: Keys, *, tombstone_seconds: float = 600.0) -> None:
        self._driver = driver
        self._keys = keys
        self._tombstone = repr(float(tombstone_seconds))
        driver.prepare(*SCRIPTS)

    async def read(self, kind: CachedKind, id: str, *, generation: int) -> Entry | None:  # noqa: A002
        """Return the newest value, or None; see `Cache.read`."""
        key = self._keys.cached(kind, id)
        verdict, *found = await self._driver.run(READ, [key], [kind.shape, generation])
        if verdict == FOREIGN:
            _log_foreign(key, found[0])
        if verdict != HIT:
            return None
        version, checksum, parts = found
        value, computed = _joined(kind, parts)
        if computed != checksum:
            _log_foreign(key, b"its checksum is wrong")
            return None
        return Entry(int(version), value)

    async def write(self, kind: CachedKind, id: str, entry: Entry, *, generation: int) -> bool:  # noqa: A002
        """Store the entry unless a newer one is known; see `Cache.write`. Raises `ValueError` for a value that does not have the kind's shape."""
        key = self._keys.cached(kind, id)
        parts = _parts(kind, bytes(entry.value))
        _, checksum = _joined(kind, parts)
        ttl = "-" if kind.ttl is None else repr(float(kind.ttl))
        args = [kind.shape, generation, entry.version, checksum, ttl, self._tombstone, *parts]
        written, reason = await self._driver.run(WRITE, [key], args)
        if reason:
            _log_foreign(key, reason)
        return bool(written)

    async def invalidate(self, kind: CachedKind, id: str, *, version: int, generation: int) -> None:  # noqa: A002
        """Drop a value older than `version`; see `Cache.invalidate`."""
        key = self._keys.cached(kind, id)
        reason = await self._driver.run(INVALIDATE, [key], [kind.shape, generation, version, self._tombstone])
        if reason:
            _log_foreign(key, reason)

    async def drop(self, kind: CachedKind, id: str) -> None:  # noqa: A002
        """Drop the value; see `Cache.drop`."""
        await self._driver.run(DROP, [self._keys.cached(kind, id)], [kind.shape, self._tombstone])


def _parts(kind: CachedKind, value: bytes) -> list[bytes]:
    """Return a value in the kind's shape: a flat list of fields and JSON, a list of JSON, or the value itself."""
    if kind.shape == "string":
        return [value]
    if kind.shape == "list":
        return [bytes(element) for element in _elements.decode(value)]
    parts: list[bytes] = []
    for name, nested in _fields.decode(value).items():
        field = name.encode()
        parts += (HEADER + field if field.startswith(HEADER) else field, bytes(nested))
    return parts


def _joined(kind: CachedKind, parts: Any) -> tuple[bytes, bytes]:
    """Return the joined value, and the checksum over it."""
    if kind.shape == "string":
        value = parts[0] if isinstance(parts, list) else parts
    elif kind.shape == "list":
        value = b"[" + b",".join(parts) + b"]"
    else:
        value = b"{" + b",".join(sorted(_members(parts))) + b"}"
    return value, b"%d" % zlib.crc32(value)


def _members(parts: Sequence[bytes]) -> list[bytes]:
    """Return a hash's fields as members of a JSON object, without the header.

    In a name, bytes that are no text are replaced, so the checksum is wrong.
    """
    members = []
    for field, nested in zip(parts[::2], parts[1::2], strict=True):
        if field != HEADER:
            name = field.removeprefix(HEADER).decode("utf-8", "replace")
            members.append(msgspec.json.encode(name) + b":" + nested)
    return members


def _log_foreign(key: str, reason: bytes) -> None:
    log.warning("cache.entry_foreign", key=key, reason=reason.decode())
