"""The location of each body, and the worker of each connection: two indices that change together."""

from collections.abc import Mapping, Sequence

from echoes.clock import Clock
from echoes.facilities.people import People
from echoes.facilities.registry import Body, ConnectionInfo, Crowd, WorkerInfo
from msgspec import Struct, structs

from echoes_memory.expiry import Expiry


class _Body(Struct, frozen=True):
    location: str
    version: int
    epoch: int
    name: str


class _Worker(Struct, frozen=True):
    info: WorkerInfo
    expires: float
    """Monotonic seconds."""


class MemoryRegistry:
    """`Registry` for one worker."""

    def __init__(self, clock: Clock, *, tombstone_seconds: float = 600.0) -> None:
        self._clock = clock
        self._tombstone_seconds = tombstone_seconds
        self._bodies: dict[int, _Body] = {}
        self._locations: dict[str, set[int]] = {}
        self._people = People()
        self._removed: dict[int, tuple[int, float]] = {}
        self._expiry = Expiry[int](self._deadline, self._forget)
        self._workers: dict[str, _Worker] = {}
        self._connections: dict[str, dict[int, ConnectionInfo]] = {}
        self._holders: dict[int, str] = {}

    async def place(self, character: int, location: str, *, version: int, epoch: int, name: str = "") -> bool:
        """Put the body into the world; see `Registry.place`."""
        now = self._clock.monotonic()
        self._expiry.sweep(now)
        removed, until = self._removed.get(character, (0, 0.0))
        if epoch <= removed and now < until:
            return False
        body = self._bodies.get(character)
        if body is not None and (body.epoch, body.version) > (epoch, version):
            return False
        self._put(character, _Body(location, version, epoch, name))
        return True

    async def move(self, character: int, location: str, *, version: int) -> bool:
        """Move the body; see `Registry.move`."""
        body = self._bodies.get(character)
        if body is None or body.version > version:
            return False
        self._put(character, _Body(location, version, body.epoch, body.name))
        return True

    async def remove(self, character: int, *, epoch: int) -> bool:
        """Take the body out of the world; see `Registry.remove`."""
        body = self._bodies.get(character)
        if body is None or body.epoch > epoch:
            return False
        del self._bodies[character]
        self._people.discard(character)
        self._leave(character, body.location)
        now = self._clock.monotonic()
        self._expiry.sweep(now)
        self._removed[character] = (epoch, now + self._tombstone_seconds)
        self._expiry.watch(character, now + self._tombstone_seconds)
        return True

    async def locate(self, character: int) -> str | None:
        """The location id, or None."""
        body = self._bodies.get(character)
        return body.location if body else None

    async def players_in(self, location: str) -> frozenset[int]:
        """The bodies in a location."""
        return frozenset(self._locations.get(location, ()))

    async def crowd(self, location: str | None, *, limit: int, after: str = "") -> Crowd:
        """Return some of the bodies by name, and their number; see `Registry.crowd`."""
        listed, total = self._people.listed(location, limit, after)
        return Crowd([self._seen(character) for character in listed], total)

    async def find(self, word: str, *, location: str | None = None, limit: int) -> Sequence[Body]:
        """Return the bodies that a word may mean; see `Registry.find`."""
        return [self._seen(character) for character in self._people.found(word, location, limit)]

    async def everyone(self) -> Mapping[int, str]:
        """Every body and its location id."""
        return {character: body.location for character, body in self._bodies.items()}

    async def counts(self) -> Mapping[str, int]:
        """Bodies by location id."""
        return {location: len(characters) for location, characters in self._locations.items()}

    async def attach(self, worker: str, character: int, info: ConnectionInfo) -> None:
        """Record the holder of the connection; see `Registry.attach`."""
        holder = self._holders.get(character)
        if holder is not None:
            if self._connections[holder][character].epoch > info.epoch:
                return
            self._let_go(holder, character)
        self._holders[character] = worker
        self._connections.setdefault(worker, {})[character] = info

    async def detach(self, worker: str, character: int, *, epoch: int) -> bool:
        """Remove the connection; see `Registry.detach`."""
        held = self._connections.get(worker, {}).get(character)
        if held is None or held.epoch != epoch:
            return False
        self._let_go(worker, character)
        return True

    async def connections(self, worker: str) -> Mapping[int, ConnectionInfo]:
        """Return a worker's connections, by character."""
        return dict(self._connections.get(worker, {}))

    async def heartbeat(self, info: WorkerInfo, ttl: float) -> None:
        """Announce or renew a worker."""
        heard = structs.replace(info, last_heartbeat=self._clock.time())
        self._workers[info.worker_id] = _Worker(heard, self._clock.monotonic() + ttl)

    async def workers(self) -> list[WorkerInfo]:
        """Return workers with a valid lease, ordered by id."""
        return [self._workers[worker].info for worker in sorted(self._workers) if self._alive(worker)]

    async def dead_workers(self) -> list[str]:
        """Workers that wait for `reap`, ordered by id."""
        return sorted(worker for worker in self._workers.keys() | self._connections.keys() if not self._alive(worker))

    async def retire(self, worker: str) -> None:
        """End a worker's lease now."""
        known = self._workers.get(worker)
        if known is not None:
            self._workers[worker] = structs.replace(known, expires=self._clock.monotonic())

    async def reap(self, worker: str) -> Mapping[int, ConnectionInfo]:
        """Hand a dead worker's connections to exactly one caller."""
        if self._alive(worker):
            return {}
        self._workers.pop(worker, None)
        held = self._connections.pop(worker, {})
        for character in held:
            del self._holders[character]
        return held

    def _put(self, character: int, body: _Body) -> None:
        former = self._bodies.get(character)
        self._bodies[character] = body
        self._people.put(character, body.name, body.location)
        if former is None or former.location != body.location:
            if former is not None:
                self._leave(character, former.location)
            self._locations.setdefault(body.location, set()).add(character)

    def _seen(self, character: int) -> Body:
        body = self._bodies[character]
        return Body(character, body.name, body.location, connected=character in self._holders)

    def _leave(self, character: int, location: str) -> None:
        characters = self._locations[location]
        characters.remove(character)
        if not characters:
            del self._locations[location]

    def _let_go(self, worker: str, character: int) -> None:
        held = self._connections[worker]
        del held[character], self._holders[character]
        if not held:
            del self._connections[worker]

    def _alive(self, worker: str) -> bool:
        known = self._workers.get(worker)
        return known is not None and known.expires > self._clock.monotonic()

    def _deadline(self, character: int) -> float | None:
        removed = self._removed.get(character)
        return removed[1] if removed else None

    def _forget(self, character: int) -> None:
        del self._removed[character]
