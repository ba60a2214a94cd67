"""Which database a Redis serves: the first server records its database there, and a server of another database is refused."""

import asyncio
from collections.abc import Callable

import redis.exceptions as redis_errors
import structlog
from echoes.errors import ConfigurationError, FacilityError

from echoes_redis.connection import Connection
from echoes_redis.driver import Driver
from echoes_redis.keys import Keys

log = structlog.get_logger("echoes.redis")
SECONDS = 5.0
"""Seconds between two checks of the claim: an emptied Redis is claimed again; one that serves another database by now is left."""


class Claim:
    """One server's claim on a Redis. Without an `identity` nothing is claimed or compared."""

    def __init__(self, keys: Keys) -> None:
        self.identity = ""
        self._key = keys.database
        self._prefix = keys.prefix

    async def make(self, connection: Connection) -> None:
        """Claim the Redis behind a new connection. Raises `ConfigurationError` when it serves another database."""
        if not self.identity:
            return
        found = await connection.ask("GET", self._key)
        if found is None:
            try:
                await connection.ask("SET", self._key, self.identity, "NX")
            except redis_errors.ResponseError as error:
                log.debug("redis.claim_postponed", error=str(error))  # it is full, or takes no writes at present: `watch` tries again
            found = await connection.ask("GET", self._key)
        if found is not None and found.decode(errors="replace") != self.identity:
            raise ConfigurationError(self._refusal(found.decode(errors="replace")))

    async def watch(self, driver: Driver, leave: Callable[[str], None]) -> None:
        """Check that the claim stands, until cancelled; see `look`."""
        while True:
            await asyncio.sleep(SECONDS)
            try:
                await self.look(driver, leave)
            except FacilityError as error:
                log.debug("redis.claim_postponed", error=str(error))

    async def look(self, driver: Driver, leave: Callable[[str], None]) -> None:
        """Renew a lost claim. When Redis serves another database `leave` is called, and the next connection is refused with the reason."""
        if not self.identity:
            return
        found = await driver.call("GET", self._key)
        if found is None and await driver.call("SET", self._key, self.identity, "NX") is None:
            found = await driver.call("GET", self._key)
        if found is not None and found.decode(errors="replace") != self.identity:
            leave(self._refusal(found.decode(errors="replace")))

    def _refusal(self, other: str) -> str:
        return (
            f"this Redis serves another database already (its key {self._key} names {other}, this server's is {self.identity});"
            f" let each have its own ECHOES_REDIS_PREFIX (now {self._prefix!r}), or a Redis of its own;"
            " if this database has taken the other one's place, stop the other's servers and delete that key"
        )
