"""Sessions: a hash for each, a sorted set of the link-dead ones, one script for each step."""

import asyncio
from collections.abc import Mapping, Sequence

from echoes.errors import StaleEpoch
from echoes.facilities.session import Claim, Field, Session

from echoes_redis.connection import Value
from echoes_redis.driver import Driver
from echoes_redis.durations import milliseconds
from echoes_redis.keys import Keys
from echoes_redis.script import Script
from echoes_redis.session_codec import FIELDS, check, connected, flat, session_of, session_of_flat

CLAIM = Script("session_claim")
RESTORE = Script("session_restore")
READ = Script("session_read")
WRITE = Script("session_write")
TOUCH = Script("session_touch")
DETACH = Script("session_detach")
CLOSE = Script("session_close")
OVERDUE = Script("session_overdue")
FORGET = Script("session_forget")
SCRIPTS = (CLAIM, RESTORE, READ, WRITE, TOUCH, DETACH, CLOSE, OVERDUE, FORGET)

BATCH = 200
"""Most sessions that one script reads: Redis does nothing else meanwhile."""


class RedisSessions:
    """`SessionStore` for any number of workers."""

    def __init__(self, driver: Driver, keys: Keys, *, tombstone_seconds: float = 600.0) -> None:
        self._driver = driver
        self._keys = keys
        self._tombstone = milliseconds(tombstone_seconds)
        driver.prepare(*SCRIPTS)

    async def claim(
        self, character: int, *, worker: str, connection: str, fields: Mapping[str, Field], ttl: float, above: int = 0
    ) -> Claim:
        """Take the character; see `SessionStore.claim`."""
        check(fields)
        values = connected(worker, connection, fields)
        epoch, former = await self._driver.run(CLAIM, self._all(character), [character, milliseconds(ttl), above, *values])
        return Claim(int(epoch), session_of_flat(character, self._keys.session(character), former))

    async def restore(self, character: int, epoch: int, *, worker: str, connection: str, fields: Mapping[str, Field], ttl: float) -> bool:
        """Bring back a session that was lost; see `SessionStore.restore`."""
        check(fields)
        values = connected(worker, connection, fields)
        done = await self._driver.run(RESTORE, self._all(character), [character, milliseconds(ttl), epoch, *values])
        return bool(done)

    async def read(self, character: int) -> Session | None:
        """The live session, or None."""
        return (await self._read([character]))[0]

    async def read_many(self, characters: Sequence[int]) -> list[Session | None]:
        """The live sessions in the order of `characters`. Batches travel together: one round trip."""
        batches = [characters[start : start + BATCH] for start in range(0, len(characters), BATCH)]
        return [session for batch in await asyncio.gather(*map(self._read, batches)) for session in batch]

    async def write(self, character: int, epoch: int, fields: Mapping[str, Field], ttl: float) -> None:
        """Change some fields; see `SessionStore.write`."""
        check(fields)
        args: list[Value] = [epoch, milliseconds(ttl), str(fields.get("version", "")), *flat(fields)]
        if not await self._driver.run(WRITE, [self._keys.session(character)], args):
            raise _stale(character, epoch)

    async def touch(self, character: int, epoch: int, ttl: float) -> None:
        """Refresh the expiry and `last_heartbeat`."""
        if not await self._driver.run(TOUCH, [self._keys.session(character)], [epoch, milliseconds(ttl)]):
            raise _stale(character, epoch)

    async def detach(self, character: int, epoch: int, grace: float) -> float:
        """Start the grace period, once; see `SessionStore.detach`."""
        until = await self._driver.run(DETACH, [self._keys.session(character), self._keys.grace], [character, epoch, repr(grace)])
        if until is None:
            raise _stale(character, epoch)
        return float(until)

    async def close(self, character: int, epoch: int) -> Session:
        """End the session and return its last state."""
        key = self._keys.session(character)
        stored = await self._driver.run(CLOSE, [key, self._keys.grace, self._keys.closed(character)], [character, epoch, self._tombstone])
        session = session_of_flat(character, key, stored)
        if session is None:
            raise _stale(character, epoch)
        return session

    async def overdue(self, limit: int = 100) -> list[Session]:
        """Return link-dead sessions with an expired grace period, longest overdue first.

        Entries of sessions that were lost with a part of the store are dropped on the way, so that they hide no other session.
        """
        while True:
            now, due = await self._driver.run(OVERDUE, [self._keys.grace], [limit])
            characters = [int(one) for one in due]
            sessions = await self.read_many(characters)
            idle = [one for one, session in zip(characters, sessions, strict=True) if session is None or session.websocket_connected]
            await asyncio.gather(*(self._driver.run(FORGET, [self._keys.session(one), self._keys.grace], [one]) for one in idle))
            if len(idle) < limit or not idle:
                waiting = [session for session in sessions if session is not None and not session.websocket_connected]
                return [session for session in waiting if session.grace_until <= float(now)]

    async def _read(self, characters: Sequence[int]) -> list[Session | None]:
        keys = [self._keys.session(one) for one in characters]
        found = await self._driver.run(READ, keys, FIELDS)
        return [session_of(one, key, stored) for one, key, stored in zip(characters, keys, found, strict=True)]

    def _all(self, character: int) -> list[str]:
        return [self._keys.session(character), self._keys.grace, self._keys.closed(character), self._keys.epoch]


def _stale(character: int, epoch: int) -> StaleEpoch:
    return StaleEpoch(f"character {character} is not held by epoch {epoch}")
