"""An extension's tools on a worker: facilities behind their circuit breakers, a log, the worker's id, its tables, and a way to send players lines."""

import secrets
from typing import Any

import structlog

from echoes import channels
from echoes.facilities import Facilities
from echoes.game.outbox import Outbox
from echoes.storage.database import Database
from echoes.storage.extension_steps import schema_of
from echoes.wire import Happening


class Tools:
    """One extension's, on one worker. `facilities` are those of the core; use keys, channels and lease names that begin with the extension's name."""

    def __init__(self, name: str, worker_id: str, facilities: Facilities, outbox: Outbox, database: Database) -> None:
        self.name = name
        self.worker_id = worker_id
        self.facilities = facilities
        self.log: Any = structlog.get_logger().bind(extension=name)
        self._outbox = outbox
        self._database = database

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
