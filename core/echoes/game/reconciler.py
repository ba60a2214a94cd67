"""Reconcile the session store and the registry with the open sockets, repeatedly, so that lost writes are repaired.

There are three sides: what this worker holds (`reconcile`), what a dead worker held (`reap`), and what no worker holds (`reap_strays`).
"""

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal

import structlog
from msgspec import Struct

from echoes.clock import Clock
from echoes.concurrency import gather, slices
from echoes.errors import StaleEpoch
from echoes.facilities import ConnectionInfo, Facilities, Session
from echoes.game.presence import Presence, session_fields
from echoes.storage import commits
from echoes.storage.commits import Character
from echoes.storage.database import Database

log = structlog.get_logger()
AT_ONCE = 50
"""Players seen to at the same time."""


class Held(Struct, frozen=True):
    """A connection that this worker holds."""

    character_id: int
    epoch: int
    connection: str


class Verdict(Struct, frozen=True):
    """A connection that must end: a newer one holds the character (`superseded`), there is no such character any more (`removed`), or the client
    must claim it again (`lost`).
    """

    character_id: int
    epoch: int
    reason: Literal["superseded", "removed", "lost"]


class Reconciler:
    """One worker's view. `spawn` runs what takes its time (telling others of the link-dead) beside everything else; `unconfirmed` answers whose
    sessions the store may not know. `dropped` has the characters whose rows may have been removed. A worker without a lease counts as dead after
    `patience` seconds: more than the pause between two heartbeats, since a store that has lost its data knows no lease until the next one.
    """

    def __init__(
        self, facilities: Facilities, presence: Presence, database: Database, clock: Clock, *,
        worker_id: str, session_ttl: float, grace: float, patience: float, spawn: Callable[[Coroutine[Any, Any, None], str], None],
        unconfirmed: Callable[[], Collection[int]] = tuple, dropped: set[int] | None = None,
    ) -> None:  # fmt: skip
        self._facilities = facilities
        self._presence = presence
        self._database = database
        self._clock = clock
        self._worker_id = worker_id
        self._ttl = session_ttl
        self._grace = grace
        self._patience = patience
        self._without_lease_since: dict[str, float] = {}
        self._spawn = spawn
        self._unconfirmed = unconfirmed
        self._dropped = set[int]() if dropped is None else dropped
        self._touched = clock.monotonic()

    # ── what this worker holds ───────────────────────────────────────────────────────────────────────────────────────

    async def reconcile(self, held_now: Callable[[], Sequence[Held]]) -> list[Verdict]:
        """Make the store know of every connection here, and of none that is gone; answers those that cannot go on.

        Each quarter of a session's life all sessions and the locations of all bodies are refreshed as well, active or not.
        """
        known = await self._facilities.registry.connections(self._worker_id)
        held = held_now()  # asked after the registry: who sits down is on a seat before being registered
        mine = {one.character_id: one for one in held}
        for character_id, info in known.items():
            if character_id not in mine:
                await self._presence.leave(character_id, info.epoch)
        unconfirmed, dropped = set(self._unconfirmed()), set(self._dropped)
        await self._take_out(dropped - mine.keys())
        doubtful = [
            one
            for one in held
            if (entry := known.get(one.character_id)) is None or entry.epoch != one.epoch or one.character_id in unconfirmed | dropped
        ]
        if self._clock.monotonic() - self._touched >= self._ttl / 4:
            doubted = {one.character_id for one in doubtful}
            doubtful += await self._stale([one for one in held if one.character_id not in doubted])
            self._touched = self._clock.monotonic()
        verdicts = await self._resolve(doubtful) if doubtful else []
        self._dropped -= dropped
        return verdicts

    async def _take_out(self, characters: Collection[int]) -> None:
        """Of these characters, which no connection here holds, those without a row leave the world."""
        async for some in slices(sorted(characters)):
            rows = await commits.load_characters(self._database, some)
            await gather((self._presence.vanish(one) for one in some if one not in rows), at_once=AT_ONCE)

    async def _stale(self, held: Sequence[Held]) -> list[Held]:
        """Refresh these sessions, and where their bodies are; answers those that this worker no longer holds."""
        stale: list[Held] = []
        async for some in slices(held):
            rows = await commits.load_characters(self._database, [one.character_id for one in some])
            answers = await gather((self._is_refreshed(one, rows.get(one.character_id)) for one in some), at_once=AT_ONCE)
            stale += [one for one, refreshed in zip(some, answers, strict=True) if not refreshed]
        return stale

    async def _is_refreshed(self, one: Held, row: Character | None) -> bool:
        if row is None or row.epoch != one.epoch:
            return False
        try:
            await self._facilities.sessions.touch(one.character_id, one.epoch, self._ttl)
        except StaleEpoch:
            return False
        await self._place(row)  # a move by another worker, which died before the registry had it
        return True

    async def _place(self, row: Character) -> None:
        await self._facilities.registry.place(row.id, row.location_id, version=row.version, epoch=row.epoch, name=row.name)

    async def _resolve(self, doubtful: Sequence[Held]) -> list[Verdict]:
        verdicts: list[Verdict | None] = []
        async for some in slices(doubtful):
            rows = await commits.load_characters(self._database, [one.character_id for one in some])
            verdicts += await gather((self._resolve_one(one, rows.get(one.character_id)) for one in some), at_once=AT_ONCE)
        return [verdict for verdict in verdicts if verdict is not None]

    async def _resolve_one(self, one: Held, row: Character | None) -> Verdict | None:
        """Put one connection back into session store and registry, unless PostgreSQL or the store knows better."""
        if row is None:
            await self._presence.vanish(one.character_id)
            return Verdict(one.character_id, one.epoch, "removed")
        if row.epoch != one.epoch:
            return Verdict(one.character_id, one.epoch, "superseded")
        session = await self._facilities.sessions.read(one.character_id)
        if session is None or session.epoch < one.epoch:
            if not await self._facilities.sessions.restore(
                one.character_id, one.epoch, worker=self._worker_id, connection=one.connection, fields=session_fields(row), ttl=self._ttl
            ):
                return Verdict(one.character_id, one.epoch, "lost")
            log.info("session.restored", character_id=one.character_id, epoch=one.epoch)
        elif session.epoch > one.epoch:
            return Verdict(one.character_id, one.epoch, "lost")  # a newer holder would be in the row: that claim was given up
        elif not session.websocket_connected:
            return Verdict(one.character_id, one.epoch, "lost")  # taken for dead meanwhile: the client comes back by itself
        await self._facilities.registry.attach(
            self._worker_id, one.character_id, ConnectionInfo(one.connection, one.epoch, self._clock.time())
        )
        await self._place(row)
        return None

    # ── what a dead worker held ──────────────────────────────────────────────────────────────────────────────────────

    async def reap(self, is_leaving: Callable[[str], bool] = lambda _: False) -> None:
        """Take over the players of workers whose lease has expired: they are link-dead from now on.

        A worker that `is_leaving` is taken at its word: it is not waited for, and nothing is logged unless it has left players behind.
        """
        now, former = self._clock.monotonic(), self._without_lease_since
        self._without_lease_since = {worker: former.get(worker, now) for worker in await self._facilities.registry.dead_workers()}
        for worker, since in self._without_lease_since.items():
            if now - since < self._patience and not is_leaving(worker):
                continue
            left_behind = await self._facilities.registry.reap(worker)
            if left_behind or not is_leaving(worker):
                log.warning("worker.reaped", worker=worker, connections=len(left_behind))
            await self._release({character_id: info.epoch for character_id, info in left_behind.items()}, worker)

    async def _release(self, epochs: Mapping[int, int], worker: str) -> None:
        """Make the players that have not come back link-dead; one task announces all of them."""
        linkdead: dict[int, int] = {}

        async def detach(character_id: int, epoch: int) -> None:
            with suppress(StaleEpoch):  # the player is back already
                await self._facilities.sessions.detach(character_id, epoch, self._grace)
                linkdead[character_id] = epoch

        try:
            await gather((detach(*one) for one in epochs.items()), at_once=AT_ONCE)
        finally:
            if linkdead:
                self._spawn(self._presence.announce_linkdead(linkdead), f"linkdead:{worker}")

    # ── what nobody holds ────────────────────────────────────────────────────────────────────────────────────────────

    async def reap_strays(self) -> None:
        """Find what a crash between two steps can leave: sessions held by a worker that is no more, bodies without a session.

        Safe to be run by any worker at any time: everything is fenced.
        """
        orphans: dict[int, Session] = {}
        async for some in slices(sorted(await self._facilities.registry.everyone())):
            sessions = await self._facilities.sessions.read_many(some)
            orphans.update(await self._orphaned(sessions))
            await self._remove_bodies([character for character, session in zip(some, sessions, strict=True) if session is None])
        if not orphans:
            return
        await self._clock.sleep(self._patience)
        async for some in slices(sorted(orphans)):
            for character, session in (await self._orphaned(await self._facilities.sessions.read_many(some))).items():
                if session.epoch == orphans[character].epoch:
                    log.warning("session.orphan_found", character_id=character, worker=session.worker_id)
                    await self._release({character: session.epoch}, session.worker_id)

    async def _orphaned(self, sessions: Sequence[Session | None]) -> dict[int, Session]:
        """Those of these sessions, by character, whose worker has no lease."""
        alive = {info.worker_id for info in await self._facilities.registry.workers()}  # asked after the sessions: who claims is announced
        return {one.character: one for one in sessions if one is not None and one.websocket_connected and one.worker_id not in alive}

    async def _remove_bodies(self, lost: Sequence[int]) -> None:
        """Take the bodies of these characters, which have no session, out of the world."""
        rows = await commits.load_characters(self._database, lost) if lost else {}
        await gather((self._presence.vanish(one) for one in lost if one not in rows), at_once=AT_ONCE)
        for character_id, row in rows.items():
            if await self._facilities.sessions.read(character_id) is None and await self._facilities.registry.remove(
                character_id, epoch=row.epoch
            ):
                log.warning("body.removed", character_id=character_id, reason="it had no session")
