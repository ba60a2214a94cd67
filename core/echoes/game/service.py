"""The command service: one way for WebSocket and HTTP. Decide, commit, cache, publish, reply, in this order (DESIGN 5)."""

import asyncio
import random
import weakref
from collections import OrderedDict
from dataclasses import dataclass

import msgspec
import structlog

from echoes import channels, wire
from echoes.errors import Conflict, FacilityError, FacilityUnavailable, PlayerError, Refused, StaleEpoch, Unavailable
from echoes.facilities import Facilities, Field
from echoes.game.commands import Catalogue
from echoes.game.deed import Deed
from echoes.game.kinds import GROUND, INVENTORY
from echoes.game.outbox import Outbox
from echoes.game.scene import Scene, Surroundings
from echoes.game.spec import CommandSpec
from echoes.metrics import counting
from echoes.storage import commits
from echoes.storage.commits import Character, Receipt, SearchedAlready, Stale
from echoes.storage.worldlock import WorldLock
from echoes.wire import Command, ErrorView, Line, Outcome, Reply

log = structlog.get_logger()
TRIES = 8
"""How often a command is decided anew when rows change under it."""
REMEMBERED = 10_000
"""Characters whose rows this worker keeps at hand."""


@dataclass(slots=True)
class Actor:
    """Who commands, and through what: a session (`epoch`) or a single request (`epoch` 0)."""

    character_id: int
    client: str
    epoch: int
    last_command: int
    """The greatest number that may have been seen before: up to it, a command is looked up before it is decided."""


class CommandService:
    """Runs commands. Commands of one character are decided one after the other on this worker; PostgreSQL decides between workers."""

    def __init__(
        self,
        around: Surroundings,
        facilities: Facilities,
        catalogue: Catalogue,
        outbox: Outbox,
        world_lock: WorldLock,
        *,
        session_ttl: float,
    ) -> None:
        self.around = around
        self.catalogue = catalogue
        self._facilities = facilities
        self._outbox = outbox
        self._world_lock = world_lock
        self._session_ttl = session_ttl
        self._rows: OrderedDict[int, Character] = OrderedDict()
        self._turns: weakref.WeakValueDictionary[int, asyncio.Lock] = weakref.WeakValueDictionary()

    async def run(self, actor: Actor, command: Command) -> bytes:
        """Carry a command out and answer with the encoded reply frame. Errors are replies, too, even our own mistakes (`internal`)."""
        counted = counting.Command()
        try:
            reply = await self._run(actor, command, counted)
        except PlayerError as error:
            counted.ended(error)
            return wire.encode(Reply(command.id, ok=False, error=ErrorView(error.code, error.message, error.hint)))
        except FacilityUnavailable as error:
            log.warning("command.facility_failed", error=str(error))
            refused = Unavailable()
            counted.ended(refused)
            return wire.encode(Reply(command.id, ok=False, error=ErrorView(refused.code, refused.message, refused.hint)))
        except Exception:
            log.exception("command.crashed", command=type(command).__name__)
            counted.ended("internal")
            return wire.encode(
                Reply(
                    command.id,
                    ok=False,
                    error=ErrorView("internal", "Something broke on our side.", "It has been written down; try something else."),
                )
            )
        counted.ended()
        return reply

    async def may_write(self) -> None:
        """Return once this worker holds the world; raises `Unavailable` when it does not for a while."""
        await self._world_lock.required()

    def remember(self, me: Character) -> None:
        """Keep a row at hand; an older version than the one kept is ignored."""
        known = self._rows.get(me.id)
        if known is None or known.version <= me.version:
            self._rows[me.id] = me
            self._rows.move_to_end(me.id)
            if len(self._rows) > REMEMBERED:
                self._rows.popitem(last=False)

    def at_hand(self, character_id: int) -> Character | None:
        """The row as this worker last knew it, if it does."""
        return self._rows.get(character_id)

    async def row(self, character_id: int) -> Character:
        """The character's row as it is now."""
        found = await commits.load_character(self.around.database, character_id)
        if found is None:
            raise Refused("no_character", "That character does not exist.", "Choose one of yours.")
        self.remember(found)
        return found

    def forget(self, character_id: int) -> None:
        """The row is no longer of interest here."""
        self._rows.pop(character_id, None)

    async def _run(self, actor: Actor, command: Command, counted: counting.Command) -> bytes:
        typed = isinstance(command, Line)
        if isinstance(command, Line):
            command = self.catalogue.understand(command.text, command.id)
        spec = self.catalogue.by_frame[type(command)]
        counted.understood(spec.name, spec.handler)
        turn = self._turns.setdefault(actor.character_id, asyncio.Lock())  # forgotten as soon as nobody waits for it or holds it
        async with turn:
            await self.may_write()
            if command.id <= actor.last_command and (known := await self._known(actor, command.id, spec)) is not None:
                return known
            return await self._decide(actor, command, spec, typed=typed)

    async def _known(self, actor: Actor, number: int, spec: CommandSpec) -> bytes | None:
        """The answer to a command that was carried out before; None when it was not."""
        if spec.speaks:
            # Chat leaves no row. Commands of a client are carried out in order, so what came before the greatest known one is done.
            return _already_done(number) if actor.epoch and number < actor.last_command else None
        status, reply = await commits.find_command(self.around.database, actor.character_id, actor.client, number)
        if status == "repeated":
            return reply
        return _already_done(number) if status == "already_done" else None

    async def _decide(self, actor: Actor, command: Command, spec: CommandSpec, *, typed: bool) -> bytes:
        """Decide on rows at hand; when PostgreSQL finds that they have moved on, decide anew on fresh ones."""
        for attempt in range(TRIES):
            if attempt > 1:
                await asyncio.sleep(random.uniform(0, 0.002 * 2**attempt))
            try:
                return await self._attempt(actor, command, spec, typed=typed, fresh=attempt > 0)
            except Stale as stale:
                log.debug("command.decided_anew", attempt=attempt, reason=str(stale))
        raise Conflict

    async def _attempt(self, actor: Actor, command: Command, spec: CommandSpec, *, typed: bool, fresh: bool) -> bytes:
        known = None if fresh else self.at_hand(actor.character_id)
        me = known or await self.row(actor.character_id)
        # Row and things are refreshed together: a change of one's things by somebody else raises the row's version.
        deed = Deed(Scene(self.around, me, self.around.database.now(), fresh=known is None))
        try:
            outcome = await spec.handler(deed, command)
        except PlayerError:
            # Without a session, the same request may be under way elsewhere and have taken effect since it was looked up.
            if not actor.epoch and command.id <= actor.last_command and (done := await self._known(actor, command.id, spec)) is not None:
                return done
            raise
        if typed:
            outcome = msgspec.structs.replace(outcome, command=spec.name)
        reply = wire.encode(Reply(command.id, ok=True, data=outcome))
        deed.finish()
        if not deed.changes:
            await self._outbox.publish(actor.character_id, actor.client, command.id, deed.told)
            return reply
        try:
            receipt = await self._commit(actor, command, deed, reply)
        except SearchedAlready as searched:
            raise Refused("picked_clean", deed.refused_search, "Come back later, or search something else.") from searched
        if receipt.status == "done":
            await self._settle(actor, command.id, me, deed, receipt)
            return reply
        self.forget(actor.character_id)
        return receipt.reply if receipt.status == "repeated" else _already_done(command.id)

    async def _commit(self, actor: Actor, command: Command, deed: Deed, reply: bytes) -> Receipt:
        return await commits.commit(
            self.around.database, character_id=actor.character_id, epoch=actor.epoch, client=actor.client, number=command.id,
            reply=reply, events=channels.encode(deed.told), changes=deed.changes, ledger=deed.ledger, durable=deed.durable,
        )  # fmt: skip

    async def _settle(self, actor: Actor, number: int, before: Character, deed: Deed, receipt: Receipt) -> None:
        """After the commit: bring the projections up to date, tell the others. Nothing here can fail the command any more."""
        me = deed.me
        self.remember(me)
        caching = self.around.caching
        for character_id, version in receipt.characters.items():
            if character_id == me.id and deed.mine is not None:
                await caching.put(INVENTORY, str(me.id), version, deed.mine)
            elif character_id != me.id:
                self.forget(character_id)
                await caching.invalidate(INVENTORY, str(character_id), version)
        for location_id, version in receipt.places.items():
            if location_id == before.location_id and deed.here is not None and version == deed.ground_version_after:
                await caching.put(GROUND, location_id, version, deed.here)
            else:
                await caching.invalidate(GROUND, location_id, version)
        try:
            await self._project(actor, before, me)
            await self._outbox.publish_recorded(actor.character_id, actor.client, number, deed.told)
        except FacilityError as error:
            log.warning("command.projection_failed", error=str(error))

    async def _project(self, actor: Actor, before: Character, me: Character) -> None:
        if before.location_id != me.location_id:
            await self._facilities.registry.move(me.id, me.location_id, version=me.version)
        if not actor.epoch:
            return
        fields: dict[str, Field] = {
            "location_id": me.location_id,
            "hp": me.hp,
            "stamina": int(me.stamina),
            "xp": me.xp,
            "level": me.level,
            "version": me.version,
        }
        if before.location_id != me.location_id:
            fields["last_movement_time"] = me.stamina_at
        try:
            await self._facilities.sessions.write(me.id, actor.epoch, fields, self._session_ttl)
        except StaleEpoch:
            log.debug("session.write_refused", epoch=actor.epoch)


def _already_done(number: int) -> bytes:
    message = "That was done before."
    return wire.encode(Reply(number, ok=True, data=Outcome(message, command="already_done")))
