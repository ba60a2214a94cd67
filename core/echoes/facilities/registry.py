"""Registry: the location of each body, and the worker that holds each connection."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct


class ConnectionInfo(Struct, frozen=True):
    """One player's connection, as its worker registered it."""

    connection: str
    epoch: int
    since: float
    """Wall-clock Unix seconds."""


class WorkerInfo(Struct, frozen=True, kw_only=True):
    """The data that a worker reports about itself with every heartbeat."""

    worker_id: str
    started: float
    last_heartbeat: float = 0.0
    """Set by the store."""
    connections: int = 0
    host: str = ""
    pid: int = 0
    draining: bool = False
    version: str = ""
    """The release of the server. A worker of an older release reports neither this nor what follows."""
    content: str = ""
    """The version of the content in force on this worker."""
    status: str = ""
    """ok, degraded or unready, as in `/health/ready`."""
    problems: tuple[str, ...] = ()
    """The reasons of the status, at most 8 of 200 characters each."""
    commands: float = 0.0
    """Commands per second since the heartbeat before."""
    deliveries: float = 0.0
    """Events per second that clients were sent, since the heartbeat before."""
    loop_delay: float = 0.0
    """Seconds that the event loop was late at the last sampling."""
    server: str = ""
    """The id of the supervisor that it and other workers of its host have; empty without one."""


class Body(Struct, frozen=True):
    """A body in the world, as other players see it."""

    character: int
    name: str
    location: str
    connected: bool
    """Whether a worker holds its connection; a body without one is link-dead."""


class Crowd(Struct, frozen=True):
    """Some of the bodies of a location or of the world, and their number in all."""

    bodies: Sequence[Body]
    total: int


class Registry(Protocol):
    """The location of each body, and the holder of each socket. Each operation is one atomic step.

    A body is in exactly one location from `place` until `remove`; no reader, ever, sees it in two or in none. Facts carry the character
    row's `version` and the session's `epoch`: the newer one wins, in any order of arrival.
    """

    async def place(self, character: int, location: str, *, version: int, epoch: int, name: str = "") -> bool:
        """Put the body into the world (or, when it is there, to the location of this newer fact). `name` is one line. Without a name the body
        is found by id only.

        False, and no change, when the registry knows a newer epoch, or the same epoch with a newer version. The same holds when the body
        was removed with this epoch or a newer one within the last 10 minutes (a late placement makes no ghost).
        """
        ...

    async def move(self, character: int, location: str, *, version: int) -> bool:
        """Move the body. False, and no change, when it is not in the world or a newer version is known."""
        ...

    async def remove(self, character: int, *, epoch: int) -> bool:
        """Take the body out of the world. False, and no change, when it is not there or belongs to a newer epoch."""
        ...

    async def locate(self, character: int) -> str | None:
        """The location id, or None when the body is not in the world."""
        ...

    async def players_in(self, location: str) -> frozenset[int]:
        """The bodies in a location, link-dead ones included."""
        ...

    async def crowd(self, location: str | None, *, limit: int, after: str = "") -> Crowd:
        """Return at most `limit` bodies in a location (None: in the world) in the order of their folded names, after the name `after`.

        One round trip, with a cost that does not grow with the number of bodies there. Names are folded by
        `echoes.facilities.people.folded`.
        """
        ...

    async def find(self, word: str, *, location: str | None = None, limit: int) -> Sequence[Body]:
        """Return at most `limit` bodies in a location (None: in the world) that a word may mean. The cost is that of `crowd`.

        First comes the body with this id. Then come those with a folded name that begins with the folded word (the very name first). Last
        come those with a name of which the rest from a later word begins with it.
        """
        ...

    async def everyone(self) -> Mapping[int, str]:
        """Every body in the world and its location id; a copy."""
        ...

    async def counts(self) -> Mapping[str, int]:
        """Bodies by location id; empty locations are absent."""
        ...

    async def attach(self, worker: str, character: int, info: ConnectionInfo) -> None:
        """Record that `worker` holds this connection, the character's only one: any other entry for it is removed.

        Nothing changes when an entry of a newer epoch is known.
        """
        ...

    async def detach(self, worker: str, character: int, *, epoch: int) -> bool:
        """Remove the connection. False, and no change, when the entry belongs to another epoch or does not exist."""
        ...

    async def connections(self, worker: str) -> Mapping[int, ConnectionInfo]:
        """Return a worker's connections by character; a copy."""
        ...

    async def heartbeat(self, info: WorkerInfo, ttl: float) -> None:
        """Announce or renew a worker for `ttl` seconds. A worker that was reaped by error is restored by its next heartbeat."""
        ...

    async def workers(self) -> list[WorkerInfo]:
        """Return workers with a valid lease, ordered by id."""
        ...

    async def dead_workers(self) -> list[str]:
        """Return workers that hold connections or were announced, and whose lease has run out. None stays here after `reap`."""
        ...

    async def retire(self, worker: str) -> None:
        """End a worker's lease now, because the worker leaves. Its remaining connections wait for `reap`."""
        ...

    async def reap(self, worker: str) -> Mapping[int, ConnectionInfo]:
        """Hand a dead worker's connections to exactly one caller; all other callers get an empty mapping.

        Empty as well, and no change, while the worker's lease is valid.
        """
        ...
