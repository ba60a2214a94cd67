"""Cache: typed, versioned values that can be lost at any time and are never wrong for long.

This is the part that a backend brings. The core's `echoes.caching` builds `fetch`, single flight, near copies and the
gradual rollout on it once, for every backend.
"""

from typing import Literal, Protocol

from msgspec import Struct


class CachedKind(Struct, frozen=True):
    """Declares a kind of cached value; one line makes a new one.

    `shape` tells a backend how to lay the value out where its store has shapes: `string` is one opaque value, `list` is a
    JSON array with one element an entry, `hash` a JSON object with one entry a field. The value's bytes are JSON in any case.
    """

    name: str
    key: str
    """Key pattern with `{id}`, for example `location:{id}:cache`."""
    shape: Literal["hash", "list", "string"]
    ttl: float | None
    """Seconds after the last write; None keeps it until it is invalidated."""
    struct: type
    """What the core decodes the bytes into."""
    near: bool = False
    """Static content: each worker keeps it decoded in process as well."""


class Entry(Struct, frozen=True):
    """A cached value and the version of the row that it came from."""

    version: int
    value: bytes


class Cache(Protocol):
    """Keeps encoded values. Versions are born in PostgreSQL; the cache never invents one.

    A value of another generation than the reader's is a miss, so nothing from before an outage is ever served.
    """

    async def read(self, kind: CachedKind, id: str, *, generation: int) -> Entry | None:  # noqa: A002
        """The newest value written, or None: never written, expired, invalidated, evicted or of another generation.

        JSON that was written comes back equal as JSON (white space and key order may differ for `hash`). `[]` is a value.
        """
        ...

    async def write(self, kind: CachedKind, id: str, entry: Entry, *, generation: int) -> bool:  # noqa: A002
        """Store it, atomically, unless something newer is known.

        False, and no change, when a higher version was written, when an invalidation of a higher version than this was
        made within the last 10 minutes (a slow reader cannot resurrect stale data), or when a newer generation was seen for
        this key. The same version may be written again.
        """
        ...

    async def invalidate(self, kind: CachedKind, id: str, *, version: int, generation: int) -> None:  # noqa: A002
        """The row has reached `version`: drop a value of a lower version and refuse such ones from now on.

        A value of this version or a higher one stays.
        """
        ...

    async def drop(self, kind: CachedKind, id: str) -> None:  # noqa: A002
        """Forget the value, whatever its version and generation: the next reader loads it anew.

        What is known of versions and generations stays: the same version may be written again, what was refused before still is.
        """
        ...
