"""The registry while its backend is down: this worker knows its own players, and sends them to the backend when it is back."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from echoes.concurrency import gather
from echoes.errors import FacilityUnavailable
from echoes.facilities import Body, ConnectionInfo, Crowd, Registry, WorkerInfo
from echoes.facilities.people import People

AT_ONCE = 50
"""Bodies that are placed again at the same time."""
OWED = 10_000
"""Moves of bodies of other workers that are owed at most: the newest. The workers of the others put them right (`echoes.game.reconciler`)."""


class _Body(Struct, frozen=True):
    location: str
    version: int
    epoch: int
    name: str


class ResilientRegistry:
    """A `Registry` that answers from this worker's own placements while the backend cannot be reached.

    Operations between workers (leases, connections, dead workers) fail without the backend: `FacilityUnavailable`.
    """

    def __init__(self, inner: Registry) -> None:
        self._inner = inner
        self._held: dict[int, ConnectionInfo] = {}
        self._bodies: dict[int, _Body] = {}
        self._people = People()
        self._owed: set[int] = set()
        self._moves: dict[int, tuple[str, int]] = {}
        """Owed moves of bodies that other workers placed: location and version."""

    async def place(self, character: int, location: str, *, version: int, epoch: int, name: str = "") -> bool:
        """As `Registry.place`. Without the backend the body is known on this worker, and placed there later."""
        self._know(character, _Body(location, version, epoch, name))
        try:
            return await self._inner.place(character, location, version=version, epoch=epoch, name=name)
        except FacilityUnavailable:
            self._owed.add(character)
            return True

    async def move(self, character: int, location: str, *, version: int) -> bool:
        """As `Registry.move`. Without the backend the body moves on this worker, and there later; that of another worker only later."""
        body = self._bodies.get(character)
        if body is not None and body.version < version:
            self._know(character, _Body(location, version, body.epoch, body.name))
        try:
            return await self._inner.move(character, location, version=version)
        except FacilityUnavailable:
            if body is None:
                self._owe_move(character, location, version)
                raise
            self._owed.add(character)
            return True

    async def remove(self, character: int, *, epoch: int) -> bool:
        """As `Registry.remove`."""
        removed = await self._inner.remove(character, epoch=epoch)
        body = self._bodies.get(character)
        if body is not None and body.epoch <= epoch:
            self._let_go(character)
        return removed

    async def locate(self, character: int) -> str | None:
        """As `Registry.locate`. Without the backend: this worker's players."""
        try:
            return await self._inner.locate(character)
        except FacilityUnavailable:
            body = self._bodies.get(character)
            return None if body is None else body.location

    async def players_in(self, location: str) -> frozenset[int]:
        """As `Registry.players_in`. Without the backend: this worker's players."""
        try:
            return await self._inner.players_in(location)
        except FacilityUnavailable:
            return frozenset(self._people.listed(location, limit=len(self._bodies))[0])

    async def crowd(self, location: str | None, *, limit: int, after: str = "") -> Crowd:
        """As `Registry.crowd`. Without the backend: this worker's players."""
        try:
            return await self._inner.crowd(location, limit=limit, after=after)
        except FacilityUnavailable:
            listed, total = self._people.listed(location, limit, after)
            return Crowd([self._seen(character) for character in listed], total)

    async def find(self, word: str, *, location: str | None = None, limit: int) -> Sequence[Body]:
        """As `Registry.find`. Without the backend: this worker's players."""
        try:
            return await self._inner.find(word, location=location, limit=limit)
        except FacilityUnavailable:
            return [self._seen(character) for character in self._people.found(word, location, limit)]

    async def everyone(self) -> Mapping[int, str]:
        """As `Registry.everyone`. Without the backend: this worker's players."""
        try:
            return await self._inner.everyone()
        except FacilityUnavailable:
            return {character: body.location for character, body in self._bodies.items()}

    async def counts(self) -> Mapping[str, int]:
        """As `Registry.counts`."""
        return await self._inner.counts()

    async def attach(self, worker: str, character: int, info: ConnectionInfo) -> None:
        """As `Registry.attach`. Without the backend the connection is known on this worker, and the reconciler sends it later."""
        self._held[character] = info
        try:
            await self._inner.attach(worker, character, info)
        except FacilityUnavailable:
            return

    async def detach(self, worker: str, character: int, *, epoch: int) -> bool:
        """As `Registry.detach`. This worker no longer keeps the body."""
        held = self._held.get(character)
        if held is not None and held.epoch == epoch:
            self._let_go(character)
        return await self._inner.detach(worker, character, epoch=epoch)

    async def connections(self, worker: str) -> Mapping[int, ConnectionInfo]:
        """As `Registry.connections`."""
        return await self._inner.connections(worker)

    async def heartbeat(self, info: WorkerInfo, ttl: float) -> None:
        """As `Registry.heartbeat`."""
        await self._inner.heartbeat(info, ttl)

    async def workers(self) -> list[WorkerInfo]:
        """As `Registry.workers`."""
        return await self._inner.workers()

    async def dead_workers(self) -> list[str]:
        """As `Registry.dead_workers`."""
        return await self._inner.dead_workers()

    async def retire(self, worker: str) -> None:
        """As `Registry.retire`."""
        await self._inner.retire(worker)

    async def reap(self, worker: str) -> Mapping[int, ConnectionInfo]:
        """As `Registry.reap`."""
        return await self._inner.reap(worker)

    async def resync(self) -> None:
        """Send the backend the placements that it missed. To be called repeatedly."""
        if self._owed:
            first, *others = list(self._owed)
            await self._place_again(first)  # one first: while it is refused, the others would be, too
            await gather(map(self._place_again, others), at_once=AT_ONCE)
        if self._moves:
            moving, *more = list(self._moves)
            await self._move_again(moving)
            await gather(map(self._move_again, more), at_once=AT_ONCE)

    async def _place_again(self, character: int) -> None:
        body = self._bodies.get(character)
        if body is not None:
            await self._inner.place(character, body.location, version=body.version, epoch=body.epoch, name=body.name)
        if self._bodies.get(character) is body:
            self._owed.discard(character)

    def _owe_move(self, character: int, location: str, version: int) -> None:
        if version > self._moves.get(character, ("", 0))[1]:
            self._moves[character] = location, version
        if len(self._moves) > OWED:
            del self._moves[next(iter(self._moves))]

    async def _move_again(self, character: int) -> None:
        owed = location, version = self._moves[character]
        await self._inner.move(character, location, version=version)
        if self._moves.get(character) == owed:
            del self._moves[character]

    def _know(self, character: int, body: _Body) -> None:
        self._bodies[character] = body
        self._people.put(character, body.name, body.location)

    def _seen(self, character: int) -> Body:
        body = self._bodies[character]
        return Body(character, body.name, body.location, connected=character in self._held)

    def _let_go(self, character: int) -> None:
        self._people.discard(character)
        self._held.pop(character, None)
        self._bodies.pop(character, None)
        self._owed.discard(character)
