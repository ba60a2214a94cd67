"""The content that a worker plays by: put together from parts through the cache, and swapped whole when another is in force."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

import msgspec
import structlog
from msgspec import Raw, Struct

from echoes.caching import Caching
from echoes.errors import EchoesError, FacilityError
from echoes.facilities import CachedKind, LockManager, hold
from echoes.game.kinds import ITEM, LOCATION, MANIFEST, NPC, Manifest
from echoes.metrics import counting
from echoes.storage import contents
from echoes.storage.contents import Active
from echoes.storage.database import Database
from echoes.storage.world import Rescued
from echoes.world.kinds import KINDS
from echoes.world.model import Location, World
from echoes.world.parts import Part, decoded, put_together, taken_apart
from echoes.world.populations import Populations

log = structlog.get_logger()
T = TypeVar("T", bound=Struct)
CACHED: dict[str, CachedKind] = {"location": LOCATION, "item": ITEM, "npc": NPC}
PRELOAD_PATIENCE = 10.0
"""Seconds to wait for another worker that fills the cache; after that this worker reads PostgreSQL."""


class Contents:
    """Holds the `world` in force. A caller asks for it each time, or keeps it for one command.

    `on_swap` is awaited after each swap, with the former world and the new one. `on_rescue` is awaited for each character whose location the
    new content has removed.
    """

    def __init__(self, database: Database, caching: Caching, locks: LockManager, files: World) -> None:
        self.world = files
        self._populations: tuple[World, Populations] | None = None
        self.number = 0
        self.on_swap: Callable[[World, World], Awaitable[None]] = _do_nothing
        self.on_rescue: Callable[[Rescued], Awaitable[None]] = _do_nothing
        self._files = files
        self._database = database
        self._caching = caching
        self._locks = locks
        self._due = asyncio.Event()
        self._turn = asyncio.Lock()

    @property
    def populations(self) -> Populations:
        """The populations of the world in force."""
        known = self._populations
        if known is None or known[0] is not self.world:
            known = self._populations = self.world, Populations(self.world)
        return known[1]

    def wake(self) -> None:
        """The content in force, or what is cached of it, may be other than it was."""
        self._due.set()

    async def settle(self) -> list[Rescued]:
        """This worker's files come into force if the database has never met them. Answers who has been put out of its place by it."""
        _, rescued = await contents.settle(self._database, self._files)
        return rescued

    async def keep(self) -> None:
        """Renew whenever woken, for as long as this runs; what fails is tried again a second later."""
        while True:
            await self._due.wait()
            try:
                await self.renew()
            except EchoesError as error:
                log.warning("task.failed", task="content", error=str(error))
            except Exception:
                counting.crashed("content")
                log.exception("task.crashed", task="content")
            else:
                continue
            await asyncio.sleep(1.0)
            self._due.set()

    async def renew(self) -> None:
        """Play by what is in force. What cannot be put together here is refused and logged: one plays on by what one has."""
        async with self._turn:
            self._due.clear()
            active = await contents.active(self._database)
            if active.number == 0:
                return
            try:
                world = await self._put_together(active)
            except msgspec.MsgspecError as error:
                log.error("content.refused", version=active.version, reason=str(error))  # noqa: TRY400 - no mistake of ours
                self.number = active.number
                return
            before, self.world = self.world, world
            if active.number == self.number and before == world:
                return
            self.number = active.number
            log.info("content.swapped", version=world.version, number=active.number)
            await self.on_swap(before, world)

    async def location(self, world: World, location_id: str, *, direct: bool) -> Location:
        """A location of that world: as it is at hand, or read from PostgreSQL as in the arm of the rollout without a cache."""
        if not direct:
            self._caching.counts[LOCATION.name, "hit"] += 1
            return world.locations[location_id]
        self._caching.counts[LOCATION.name, "bypass"] += 1
        body = await contents.body(self._database, world.version, Part("location", location_id), "location.load")
        return world.locations[location_id] if body is None else msgspec.json.decode(body, type=Location)

    # ── putting together ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _put_together(self, active: Active) -> World:
        """From the cache where it can be had. What has another version than was checked is no content: then from PostgreSQL alone."""
        if self._caching.percent:
            world = put_together(await self._from_cache(active))
            if world is not None and world.version == active.version:
                return world
            log.warning("content.miscached", version=active.version)
        parts = decoded((await contents.bodies(self._database, active.version)).items())
        world = put_together(parts)
        if world is None or world.version != active.version:
            raise msgspec.ValidationError("it is not what was checked; was it made by another release?")
        if self._caching.percent:
            await self._fill(active, world)
        return world

    async def _from_cache(self, active: Active) -> dict[Part, Struct]:
        manifest = (
            await self._caching.fetch(MANIFEST, "active", lambda: self._preload(active), rollout=False, at_least=active.number)
        ).value
        parts: dict[Part, Struct] = {Part("start", "start"): manifest.start}
        parts |= {Part("loot", id_): table for id_, table in manifest.loot.items()}
        parts |= decoded((Part(kind, id_), bytes(body)) for kind, bodies in manifest.rest.items() for id_, body in bodies.items())
        wanted = [Part(kind, id_) for kind, ids in manifest.ids.items() for id_ in ids]
        found = await asyncio.gather(*(self._part(active, part) for part in wanted))
        return parts | {part: thing for part, thing in zip(wanted, found, strict=True) if thing is not None}

    async def _part(self, active: Active, part: Part) -> Struct | None:
        async def load() -> tuple[int, Struct | None]:
            body = await contents.body(self._database, active.version, part, f"{part.kind}.load")
            return active.number, None if body is None else next(iter(decoded([(part, body)]).values()))

        kind = CACHED[part.kind]
        return (await self._caching.fetch(kind, part.id, load, rollout=False, at_least=active.number)).value

    async def _preload(self, active: Active) -> tuple[int, Manifest]:
        """Fill the cache on one worker; the others find it filled. A worker that cannot get the lock fills it too, which is harmless."""
        try:
            async with hold(self._locks, "preload", wait=PRELOAD_PATIENCE):
                found = await self._caching.peek(MANIFEST, "active")
                if found is not None and found.version >= active.number:
                    return found.version, cast("Manifest", found.value)
                return await self._filled(active)
        except FacilityError as error:
            log.warning("content.preload_unlocked", error=str(error))
            return await self._filled(active)

    async def _filled(self, active: Active) -> tuple[int, Manifest]:
        parts = decoded((await contents.bodies(self._database, active.version)).items())
        world = put_together(parts)
        if world is None or world.version != active.version:
            raise msgspec.ValidationError("it is not what was checked; was it made by another release?")
        return active.number, await self._fill(active, world)

    async def _fill(self, active: Active, world: World) -> Manifest:
        """Write every part, the manifest last: a worker that finds the manifest finds all parts."""
        parts = [(part, thing) for part, thing in taken_apart(world).items() if part.kind in CACHED]
        await asyncio.gather(*(self._caching.put(CACHED[part.kind], part.id, active.number, thing) for part, thing in parts))
        rest = {
            kind.part: {id_: Raw(msgspec.json.encode(thing)) for id_, thing in getattr(world, kind.table).items()}
            for kind in KINDS if kind.part not in CACHED and kind.part != "loot"
        }  # fmt: skip
        manifest = Manifest(world.start, world.loot, {kind: [part.id for part, _ in parts if part.kind == kind] for kind in CACHED}, rest)
        await self._caching.put(MANIFEST, "active", active.number, manifest)
        log.info("content.preloaded", version=world.version, number=active.number, entries=len(parts))
        return manifest


async def _do_nothing(*_: object) -> None:
    pass
