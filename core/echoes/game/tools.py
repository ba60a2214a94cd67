"""An extension's tools on a worker: facilities behind their circuit breakers, a log, the worker's id, its tables and cached kinds, and a way to send players lines."""

import secrets
from collections.abc import Mapping
from typing import Any, TypeVar

import structlog

from echoes import channels
from echoes.caching import Caching, Load
from echoes.channels import CacheDropped
from echoes.facilities import CachedKind, Facilities
from echoes.game.outbox import Outbox
from echoes.invalidation import Invalidations
from echoes.storage.database import Database
from echoes.storage.extension_steps import schema_of
from echoes.wire import Happening

T = TypeVar("T")


class Tools:
    """One extension's, on one worker. `facilities` are those of the core; use keys, channels and lease names that begin with the extension's name."""

    def __init__(
        self, name: str, worker_id: str, facilities: Facilities, outbox: Outbox, database: Database, caching: Caching,
        invalidations: Invalidations, kinds: Mapping[str, CachedKind],
    ) -> None:  # fmt: skip
        self.name = name
        self.worker_id = worker_id
        self.facilities = facilities
        self.log: Any = structlog.get_logger().bind(extension=name)
        self._outbox = outbox
        self._database = database
        self._caching = caching
        self._invalidations = invalidations
        self._kinds = {name: kind for name, kind in kinds.items() if name.startswith(f"{self.name}.")}

    async def cached(self, kind: CachedKind, id: str, load: Load[T]) -> T:  # noqa: A002
        """Return a value of one of the extension's cached kinds: from the cache, or else from `load`, which reads its version and itself from PostgreSQL.

        One load runs at a time for each id. While the cache is away every call loads.
        """
        return (await self._caching.fetch(self._own(kind), id, load, rollout=False)).value

    async def invalidate(self, kind: CachedKind, id: str, version: int) -> None:  # noqa: A002
        """The row of a value has reached `version`: call this after the commit. No worker serves an older value from then on.

        The version must rise with every change. An invalidation that cannot be delivered is made good within two seconds (`echoes.world_poll`).
        """
        await self._caching.invalidate(self._own(kind), id, version)
        if kind.near:
            await self._invalidations.announce(CacheDropped(kind.name, id, version))

    def _own(self, kind: CachedKind) -> CachedKind:
        if self._kinds.get(kind.name) != kind:
            raise ValueError(f"{kind.name!r} is no cached kind that the extension {self.name!r} has declared (echoes_cached_kinds)")
        return kind

    async def rows(self, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        """Run one statement on the extension's own tables (`echoes_migrations`), in a transaction, and return its rows.

        Names without a schema are those of the extension's schema. Raises `Unavailable` when PostgreSQL cannot be reached in time; the
        statement may or may not have taken effect.
        """
        async with self._database.transaction(f"extension.{self.name}") as connection:
            await connection.execute("select set_config('search_path', $1, true)", schema_of(self.name))
            return [dict(row) for row in await connection.fetch(sql, *arguments)]

    async def tell_location(self, location_id: str, action: str, message: str, *, key: str = "") -> None:
        """Show a line to all players in a location, on every worker. Sent again under the same `key`, it is shown once.

        It is stored nowhere: what must not be lost is the event of a timer or of a command.
        """
        happening = Happening(action, message, location_id=location_id)
        await self._outbox.publish_message(
            channels.to_location(location_id, "location_update", happening), f"extension:{self.name}:{key or secrets.token_hex(8)}"
        )
