"""Sessions while their backend is down: this worker knows those that it claimed itself."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from echoes.clock import Clock
from echoes.errors import FacilityUnavailable, StaleEpoch
from echoes.facilities import Claim, Field, Session, SessionStore
from echoes.facilities.session import WRITABLE


class ResilientSessions:
    """A `SessionStore` that serves the players of this worker when the backend cannot be reached.

    A claim then gets its epoch from this worker's clock. PostgreSQL, where every claim is entered, decides on it. `unconfirmed` are the
    characters of which the backend's state is unknown. When the backend is back, the reconciler restores them under their epochs, or has
    them claimed again: a claim that timed out may have happened, under another epoch.
    """

    def __init__(self, inner: SessionStore, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock
        self._mine: dict[int, Session] = {}
        self.unconfirmed: set[int] = set()
        """Characters claimed only on this worker, as far as it knows."""

    async def claim(
        self, character: int, *, worker: str, connection: str, fields: Mapping[str, Field], ttl: float, above: int = 0
    ) -> Claim:
        """As `SessionStore.claim`."""
        _must_be_writable(fields)
        try:
            claim = await self._inner.claim(character, worker=worker, connection=connection, fields=fields, ttl=ttl, above=above)
        except FacilityUnavailable:
            former = self._mine.get(character)
            epoch = max(above + 1, int(self._clock.time() * 1_000_000), 0 if former is None else former.epoch + 1)
            claim = Claim(epoch, former)
            self.unconfirmed.add(character)
        else:
            self.unconfirmed.discard(character)
        self._keep(character, claim.epoch, worker, connection, fields)
        return claim

    async def read(self, character: int) -> Session | None:
        """As `SessionStore.read`. Without the backend: this worker's sessions."""
        try:
            session = await self._inner.read(character)
        except FacilityUnavailable:
            return self._mine.get(character)
        mine = self._mine.get(character)
        if session is not None and mine is not None and session.epoch == mine.epoch:
            self.unconfirmed.discard(character)
        return session

    async def ask(self, character: int) -> Session | None:
        """Return the session as the backend has it, or one that this worker has yet to enter there. Raises `FacilityUnavailable`."""
        session = await self._inner.read(character)
        return self._mine.get(character) if session is None and character in self.unconfirmed else session

    async def read_many(self, characters: Sequence[int]) -> list[Session | None]:
        """As `SessionStore.read_many`. Without the backend: this worker's sessions."""
        try:
            return await self._inner.read_many(characters)
        except FacilityUnavailable:
            return [self._mine.get(character) for character in characters]

    async def write(self, character: int, epoch: int, fields: Mapping[str, Field], ttl: float) -> None:
        """As `SessionStore.write`."""
        _must_be_writable(fields)
        try:
            await self._inner.write(character, epoch, fields, ttl)
        except FacilityUnavailable:
            self._must_be_mine(character, epoch)
        self._change(character, epoch, fields)

    async def touch(self, character: int, epoch: int, ttl: float) -> None:
        """As `SessionStore.touch`."""
        try:
            await self._inner.touch(character, epoch, ttl)
        except FacilityUnavailable:
            self._must_be_mine(character, epoch)

    async def detach(self, character: int, epoch: int, grace: float) -> float:
        """As `SessionStore.detach`. Without the backend the session is link-dead here, and the caller learns that the backend does not know."""
        self._change(character, epoch, {"websocket_connected": False, "grace_until": self._clock.time() + grace})
        try:
            until = await self._inner.detach(character, epoch, grace)
        except StaleEpoch:
            self._drop(character, epoch)
            raise
        self._drop(character, epoch)
        return until

    async def close(self, character: int, epoch: int) -> Session:
        """As `SessionStore.close`."""
        session = await self._inner.close(character, epoch)
        self._drop(character, epoch)
        return session

    async def restore(self, character: int, epoch: int, *, worker: str, connection: str, fields: Mapping[str, Field], ttl: float) -> bool:
        """As `SessionStore.restore`."""
        _must_be_writable(fields)
        restored = await self._inner.restore(character, epoch, worker=worker, connection=connection, fields=fields, ttl=ttl)
        if restored:
            self.unconfirmed.discard(character)
            self._keep(character, epoch, worker, connection, fields)
        return restored

    async def overdue(self, limit: int = 100) -> list[Session]:
        """As `SessionStore.overdue`."""
        return await self._inner.overdue(limit)

    def _keep(self, character: int, epoch: int, worker: str, connection: str, fields: Mapping[str, Field]) -> None:
        values: dict[str, Any] = {"last_heartbeat": self._clock.time(), **fields}
        self._mine[character] = Session(
            character=character, epoch=epoch, worker_id=worker, connection=connection, websocket_connected=True, **values
        )

    def _change(self, character: int, epoch: int, fields: Mapping[str, Any]) -> None:
        mine = self._mine.get(character)
        if mine is not None and mine.epoch == epoch and fields.get("version", mine.version) >= mine.version:
            self._mine[character] = msgspec.structs.replace(mine, **fields)

    def _must_be_mine(self, character: int, epoch: int) -> None:
        mine = self._mine.get(character)
        if mine is None or mine.epoch != epoch:
            raise StaleEpoch(f"character {character} is not held by epoch {epoch}, as far as this worker knows")

    def _drop(self, character: int, epoch: int) -> None:
        mine = self._mine.get(character)
        if mine is not None and mine.epoch <= epoch:
            del self._mine[character]
            self.unconfirmed.discard(character)


def _must_be_writable(fields: Mapping[str, Field]) -> None:
    if unknown := sorted(fields.keys() - WRITABLE):
        raise ValueError(f"a session has no writable field {unknown[0]!r}")
