"""The location of each body, and the worker of each connection.

`bodies` has the location of each character, and decides; a location's set and the sorted names are its indices, changed in the same step.
For connections `holders` decides, and a worker's hash is the index. A read of all bodies or connections reads one key, so it is of one
moment.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from echoes.concurrency import SLICE, slices
from echoes.errors import FacilityUnavailable
from echoes.facilities.registry import Body, ConnectionInfo, Crowd, WorkerInfo
from msgspec import structs

from echoes_redis.connection import Value
from echoes_redis.driver import Driver
from echoes_redis.durations import milliseconds
from echoes_redis.keys import Keys
from echoes_redis.registry_hints import ELSEWHERE, TRIES, Hints, hint_of
from echoes_redis.registry_people import beyond, bodies_of, line_of, ranges
from echoes_redis.registry_repair import MEND, repairing
from echoes_redis.script import Script

PLACE = Script("registry_place", library="people")
MOVE = Script("registry_move", library="people")
REMOVE = Script("registry_remove", library="people")
CROWD = Script("registry_crowd", library="people")
FIND = Script("registry_find", library="people")
ATTACH = Script("registry_attach")
DETACH = Script("registry_detach")
HEARTBEAT = Script("registry_heartbeat")
WORKERS = Script("registry_workers")
REAP = Script("registry_reap")
SCRIPTS = (PLACE, MOVE, REMOVE, CROWD, FIND, ATTACH, DETACH, HEARTBEAT, WORKERS, REAP, MEND)

T = TypeVar("T")
_connection = msgspec.json.Decoder(ConnectionInfo)
_worker = msgspec.json.Decoder(WorkerInfo)


class RedisRegistry:
    """`Registry` for any number of workers."""

    def __init__(self, driver: Driver, keys: Keys, *, tombstone_seconds: float = 600.0) -> None:
        self._driver = driver
        self._keys = keys
        self._tombstone = milliseconds(tombstone_seconds)
        self._bodies = Hints()
        self._holders = Hints()
        self._workers: list[str] = []
        driver.prepare(*SCRIPTS)

    # Bodies

    async def place(self, character: int, location: str, *, version: int, epoch: int, name: str = "") -> bool:
        """Put the body into the world; see `Registry.place`."""
        line = line_of(name)

        def ask(believed: str | None) -> Awaitable[Sequence[Any]]:
            keys = [*self._body(character), self._keys.names, self._keys.everybody, *self._places(location, believed)]
            return self._run(PLACE, keys, [character, location, version, epoch, hint_of(believed), line])

        return self._bodies.noted(character, location, await self._bodies.settled(character, ask))

    async def move(self, character: int, location: str, *, version: int) -> bool:
        """Move the body; see `Registry.move`."""

        def ask(believed: str | None) -> Awaitable[Sequence[Any]]:
            keys = [self._keys.bodies, self._keys.names, *self._places(location, believed)]
            return self._run(MOVE, keys, [character, location, version, hint_of(believed)])

        return self._bodies.noted(character, location, await self._bodies.settled(character, ask))

    async def remove(self, character: int, *, epoch: int) -> bool:
        """Take the body out of the world; see `Registry.remove`."""

        def ask(believed: str | None) -> Awaitable[Sequence[Any]]:
            place = believed or ""
            keys = [*self._body(character), self._keys.names, self._keys.everybody, self._keys.players(place), self._keys.people(place)]
            return self._run(REMOVE, keys, [character, epoch, self._tombstone, hint_of(believed)])

        return self._bodies.noted(character, None, await self._bodies.settled(character, ask))

    async def locate(self, character: int) -> str | None:
        """The location id, or None."""
        body = await self._call("HGET", self._keys.bodies, character)
        return None if body is None else _location(body)

    async def players_in(self, location: str) -> frozenset[int]:
        """The bodies in a location."""
        return frozenset(map(int, await self._call("SMEMBERS", self._keys.players(location))))

    async def crowd(self, location: str | None, *, limit: int, after: str = "") -> Crowd:
        """Return some of the bodies by name, and their number; see `Registry.crowd`."""
        total, *found = await self._run(CROWD, self._seen(location), [hint_of(location), beyond(after), limit])
        return Crowd(bodies_of(found), int(total))

    async def find(self, word: str, *, location: str | None = None, limit: int) -> Sequence[Body]:
        """Return the bodies that a word may mean; see `Registry.find`."""
        id = word if word.isdecimal() and word.isascii() else ""  # noqa: A001
        return bodies_of(await self._run(FIND, self._seen(location), [hint_of(location), limit, id, *ranges(word)]))

    async def everyone(self) -> Mapping[int, str]:
        """Every body and its location id."""
        found = await self._call("HGETALL", self._keys.bodies)
        return await _read(found, _location)

    async def counts(self) -> Mapping[str, int]:
        """Bodies by location id."""
        return Counter(map(_location, await self._call("HVALS", self._keys.bodies)))

    # Connections

    async def attach(self, worker: str, character: int, info: ConnectionInfo) -> None:
        """Record the holder of the connection; see `Registry.attach`."""

        def ask(believed: str | None) -> Awaitable[Sequence[Any]]:
            ours, theirs = self._keys.connections(worker), self._keys.connections(worker if believed is None else believed)
            args: list[Value] = [character, worker, info.epoch, msgspec.json.encode(info), hint_of(believed)]
            return self._run(ATTACH, [self._keys.holders, self._keys.workers, ours, theirs], args)

        self._holders.noted(character, worker, await self._holders.settled(character, ask))

    async def detach(self, worker: str, character: int, *, epoch: int) -> bool:
        """Remove the connection; see `Registry.detach`."""
        keys = [self._keys.holders, self._keys.workers, self._keys.connections(worker)]
        done = bool(await self._run(DETACH, keys, [character, worker, epoch]))
        return self._holders.noted(character, None, done)

    async def connections(self, worker: str) -> Mapping[int, ConnectionInfo]:
        """Return a worker's connections, by character."""
        return await _read(await self._call("HGETALL", self._keys.connections(worker)), _connection.decode)

    # Workers

    async def heartbeat(self, info: WorkerInfo, ttl: float) -> None:
        """Announce or renew a worker."""
        keys = [self._keys.workers, self._keys.heartbeat(info.worker_id)]
        await self._run(HEARTBEAT, keys, [info.worker_id, msgspec.json.encode(info), milliseconds(ttl)])

    async def workers(self) -> list[WorkerInfo]:
        """Return workers with a valid lease, ordered by id."""
        return [
            structs.replace(_worker.decode(info), last_heartbeat=float(heard)) for _, info, heard in await self._known_workers() if heard
        ]

    async def dead_workers(self) -> list[str]:
        """Workers that wait for `reap`, ordered by id."""
        return [worker for worker, _, heard in await self._known_workers() if not heard]

    async def retire(self, worker: str) -> None:
        """End a worker's lease now."""
        await self._call("DEL", self._keys.heartbeat(worker))

    async def reap(self, worker: str) -> Mapping[int, ConnectionInfo]:
        """Hand a dead worker's connections to exactly one caller; see `Registry.reap`."""
        keys = [self._keys.workers, self._keys.heartbeat(worker), self._keys.connections(worker), self._keys.holders]
        return await _read(await self._run(REAP, keys, [worker]), _connection.decode)

    async def _known_workers(self) -> list[tuple[str, bytes, bytes]]:
        """Return id, info and last heartbeat (empty once its lease is over) of every worker that was not reaped, ordered by id."""
        for _ in range(TRIES):
            keys = [self._keys.workers, *map(self._keys.heartbeat, self._workers)]
            verdict, *known = await self._run(WORKERS, keys, self._workers)
            if verdict != ELSEWHERE:
                return [(known[at].decode(), known[at + 1], known[at + 2]) for at in range(0, len(known), 3)]
            self._workers = sorted(worker.decode() for worker in known)
        raise FacilityUnavailable("workers come and go faster than we can follow")

    async def _run(self, script: Script, keys: Sequence[str], args: Sequence[Value]) -> Any:
        return await repairing(self._driver, self._keys, keys, lambda: self._driver.run(script, keys, args))

    async def _call(self, command: str, key: str, *args: Value) -> Any:
        return await repairing(self._driver, self._keys, [key], lambda: self._driver.call(command, key, *args))

    def _places(self, location: str, believed: str | None) -> list[str]:
        """Return the keys of a location, and of the one where a body is believed to be."""
        former = location if believed is None else believed
        return [self._keys.players(location), self._keys.players(former), self._keys.people(location), self._keys.people(former)]

    def _seen(self, location: str | None) -> list[str]:
        """Return the keys that are read to see bodies."""
        return [self._keys.people(location), self._keys.bodies, self._keys.names, self._keys.holders]

    def _body(self, character: int) -> tuple[str, str]:
        return self._keys.bodies, self._keys.removed(character)


def _location(body: bytes) -> str:
    """A body is `epoch version location`."""
    return body.split(b" ", 2)[2].decode()


async def _read(stored: Sequence[bytes], of: Callable[[bytes], T]) -> dict[int, T]:
    """Return a hash by character. The hash of all characters is long, so the loop yields."""
    found: dict[int, T] = {}
    async for some in slices(stored, 2 * SLICE):
        found.update((int(character), of(value)) for character, value in zip(some[::2], some[1::2], strict=True))
    return found
