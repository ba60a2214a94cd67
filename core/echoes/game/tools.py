"""An extension's tools on a worker: facilities behind their circuit breakers, a log, the worker's id, and a way to send players lines."""

import secrets
from typing import Any

import structlog

from echoes import channels
from echoes.facilities import Facilities
from echoes.game.outbox import Outbox
from echoes.wire import Happening


class Tools:
    """One extension's, on one worker. `facilities` are those of the core; use keys, channels and lease names that begin with the extension's name."""

    def __init__(self, name: str, worker_id: str, facilities: Facilities, outbox: Outbox) -> None:
        self.name = name
        self.worker_id = worker_id
        self.facilities = facilities
        self.log: Any = structlog.get_logger().bind(extension=name)
        self._outbox = outbox

    async def tell_location(self, location_id: str, action: str, message: str, *, key: str = "") -> None:
        """Show a line to all players in a location, on every worker. Sent again under the same `key`, it is shown once.

        It is stored nowhere: what must not be lost is the event of a timer or of a command.
        """
        happening = Happening(action, message, location_id=location_id)
        await self._outbox.publish_message(
            channels.to_location(location_id, "location_update", happening), f"extension:{self.name}:{key or secrets.token_hex(8)}"
        )
