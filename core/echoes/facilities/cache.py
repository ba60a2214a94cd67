"""Cache: typed, versioned values that can be lost at any time and are never wrong for long.

A backend implements this part. On top of it the core's `echoes.caching` builds `fetch`, single flight, near copies and the gradual rollout
once, for every backend.
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
    """The type that the core decodes the bytes into."""
    near: bool = False
    """Static content: each worker also keeps the decoded value in process."""


class Entry(Struct, frozen=True):
    """A cached value and the version of the row that it came from."""

    version: int
    value: bytes


class Cache(Protocol):
    """Keeps encoded values. PostgreSQL creates versions; the cache never invents one.

    A value of another generation than the reader's is a miss, so no value from before an outage is ever served.
    """

    async def read(self, kind: CachedKind, id: str, *, generation: int) -> Entry | None:  # noqa: A002
        """Return the newest value written, or None: never written, expired, invalidated, evicted or of another generation.

        JSON that was written comes back equal as JSON (white space and key order may differ for `hash`). `[]` is a value.
        """
        ...

    async def write(self, kind: CachedKind, id: str, entry: Entry, *, generation: int) -> bool:  # noqa: A002
        """Store the entry, atomically, unless a newer one is known.

        False, and no change, when a higher version was written, or when a newer generation was seen for this key. The same holds when an
        invalidation of a higher version was made within the last 10 minutes: a slow reader cannot resurrect stale data. The same version may
        be written again.
        """
        ...

    async def invalidate(self, kind: CachedKind, id: str, *, version: int, generation: int) -> None:  # noqa: A002
        """Drop a value of a version lower than `version`, which the row has reached, and refuse such values from now on.

        A value of this version or a higher one stays.
        """
        ...

    async def drop(self, kind: CachedKind, id: str) -> None:  # noqa: A002
        """Drop the value, regardless of its version and generation: the next reader loads it again.

        The known versions and generations stay: the same version may be written again, and a write that was refused before is still
        refused.
        """
        ...
