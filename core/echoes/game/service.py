"""The command service: one way for WebSocket and HTTP. Decide, commit, cache, publish, reply, in this order (see ARCHITECTURE.md, "Order")."""

import asyncio
import secrets
import weakref
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import msgspec
import structlog

from echoes import channels, wire
from echoes.concurrency import gather, pause_before
from echoes.correlation import CORRELATION, new_origin
from echoes.errors import Conflict, FacilityError, FacilityUnavailable, PlayerError, Refused, StaleEpoch, Unavailable
from echoes.facilities import Facilities, Field
from echoes.game import facts, normalization, nouns, questing, rounds
from echoes.game.catalogue import Catalogue, UnknownWord
from echoes.game.commands.looking import Look
from echoes.game.company import npc_called
from echoes.game.deed import Deed
from echoes.game.heard import NOTHING_HEARD, Heard
from echoes.game.kinds import CHARACTER, INVENTORY
from echoes.game.outbox import Outbox
from echoes.game.place_turns import PlaceTurns
from echoes.game.relocations import relocate
from echoes.game.scene import Surroundings
from echoes.game.spec import CommandSpec
from echoes.invalidation import Invalidations
from echoes.log_limit import LOG_LIMIT
from echoes.metrics import counting
from echoes.steps import RECORDER, Recorder, record
from echoes.storage import commits
from echoes.storage.bans import Muted
from echoes.storage.commits import Character, NoCharacter, Receipt, SearchedAlready, Stale, Thing
from echoes.storage.database import ARM
from echoes.storage.world_lock import WorldLock
from echoes.wire import Command, ErrorView, Line, Outcome, Reply
from echoes.write_through import write_through

log = structlog.get_logger()
TRIES = 8
"""Decisions of one command at most, while rows change between its read and its commit."""
SHORTEST_NOUN, LONGEST_NOUN = 4, 60
"""Characters of a typed line that may be the name of something."""


@dataclass(slots=True)
class Actor:
    """The character that commands, and its connection: a session (`epoch`) or a single request (`epoch` 0)."""

    character_id: int
    client: str
    epoch: int
    last_command: int
    """The greatest number that is known to have been carried out when the session began."""
    origin: str = field(default_factory=new_origin)
    """The first part of the correlation ids of its commands."""
    given: int = 0
    """Commands that have come in, under any number: the second part of their correlation ids."""
    last_tried: int = 0
    """The greatest number sent to PostgreSQL since then, with any outcome: the answer may have been lost."""
    spoken: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    """Digests and replies of the newest spoken commands, by number. Spoken again after a move, a sentence would reach another room."""
    refused: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    """Digests and refusals of the newest refused commands, by number. Sent twice, a command is not refused and then carried out."""
    body: int = 0
    """For a single request: the epoch of the session that the character has in the store; 0 when that could not be asked."""
    gone: bool = False
    """Whether a command has found that there is no such character any more."""
    spend: Callable[[float], bool] = lambda _: True
    """Takes this much from the account's allowance, beyond the cost of one command; False when less is left."""
    heard: Heard = NOTHING_HEARD
    """The lines that its connection has got lately, for a report."""
    place: str = ""
    """Where it was when its latest command was decided."""
    turn: asyncio.Lock | None = None
    """Held while one of the character's commands is decided on this worker; all its actors there share it."""
    recorded: bool = False
    """Whether each answer is put on record, also of a command that only speaks or looks, and also a refusal: a request under an
    `Idempotency-Key`. Without a session no epoch holds back a sending of the same request that is still under way.
    """

    @property
    def newest(self) -> int:
        """Up to this number a command may have been carried out before: it is looked up before it is decided."""
        return max(self.last_command, self.last_tried)

    def has_spoken(self, number: int, digest: str, reply: bytes) -> None:
        """Remember a reply, as long as PostgreSQL remembers others."""
        _remember(self.spoken, number, digest, reply)

    def was_refused(self, number: int, digest: str, refusal: bytes) -> None:
        """Remember a refusal, as long as PostgreSQL remembers replies."""
        _remember(self.refused, number, digest, refusal)


def _remember(known: dict[int, tuple[str, bytes]], number: int, digest: str, reply: bytes) -> None:
    known[number] = digest, reply
    if len(known) > commits.WINDOW:
        del known[next(iter(known))]


class Flood(Refused):
    """The allowance is used up: commands came too fast, or too many that cost much."""

    def __init__(self) -> None:
        super().__init__("flood", "You are going too fast.", "Wait a second; this command was not carried out.", retry_after=1.0)


class Reused(Refused):
    """A number, or an `Idempotency-Key`, that another command has used."""

    def __init__(self) -> None:
        super().__init__(
            "key_reused", "Another command has used that key.", "Send each new command under a new number, or Idempotency-Key."
        )


class CommandService:
    """Runs commands. Commands of one character are decided one after the other on this worker; PostgreSQL decides between workers."""

    def __init__(
        self,
        around: Surroundings,
        facilities: Facilities,
        catalogue: Catalogue,
        outbox: Outbox,
        world_lock: WorldLock,
        invalidations: Invalidations,
        *,
        session_ttl: float,
        recorder_of: Callable[[int], Recorder | None] = lambda _: None,
        not_understood: Callable[[int, UnknownWord], None] = lambda *_: None,
    ) -> None:
        self.around = around
        self._recorder_of = recorder_of
        self._not_understood = not_understood
        self.catalogue = catalogue
        counting.known_commands(catalogue.by_name)
        self._facilities = facilities
        self._outbox = outbox
        self._world_lock = world_lock
        self._session_ttl = session_ttl
        self.invalidations = invalidations
        self.commands: Counter[tuple[str, str]] = Counter()
        """How many were given, by name and arm of the cache's rollout."""
        self._place_turns = PlaceTurns()
        self._turns: weakref.WeakValueDictionary[int, asyncio.Lock] = weakref.WeakValueDictionary()

    async def run(self, actor: Actor, command: Command) -> bytes:
        """Carry a command out and answer the encoded reply frame. Errors are replies too, also bugs (`internal`)."""
        actor.given += 1
        token = CORRELATION.set(f"{actor.origin}-{actor.given}")
        try:
            recorder = self._recorder_of(actor.character_id)
            counted = counting.Command()
            if recorder is None:
                return await self._answer(actor, command, counted)
            return await _recorded(recorder, counted, self._answer(actor, command, counted))
        finally:
            CORRELATION.reset(token)

    async def _answer(self, actor: Actor, command: Command, counted: counting.Command) -> bytes:
        try:
            reply = await self._run(actor, command, counted)
        except PlayerError as error:
            actor.gone = actor.gone or isinstance(error, NoCharacter)
            counted.ended(error)
            return _refusal_of(command.id, error)
        except FacilityUnavailable as error:
            if times := LOG_LIMIT.due("command.facility_failed"):
                log.warning("command.facility_failed", error=str(error), times=times)
            refused = Unavailable()
            counted.ended(refused)
            return _refusal_of(command.id, refused)
        except BaseException as error:
            task = asyncio.current_task()
            if not isinstance(error, Exception | asyncio.CancelledError) or (
                isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling()
            ):
                raise
            # A handler's mistake, also a cancellation of its own that it lets out.
            log.exception("command.crashed", command=type(command).__name__, module=type(command).__module__)
            counted.ended("internal")
            return wire.encode(
                Reply(
                    command.id,
                    ok=False,
                    error=ErrorView(
                        "internal", "Something broke on our side.", f"It has been written down as {CORRELATION.get()}; try something else."
                    ),
                    correlation_id=CORRELATION.get(),
                )
            )
        counted.ended()
        return reply

    async def may_write(self) -> None:
        """Return once this worker holds the world; raises `Unavailable` after some seconds without it."""
        await self._world_lock.required()

    def remember(self, me: Character) -> None:
        """Keep a row at hand; an older version than the one kept is ignored."""
        self.around.caching.keep_near(CHARACTER, str(me.id), me.version, me)

    async def row(self, character_id: int) -> Character:
        """The character's row as it is now."""
        return await self.around.row_of(character_id, fresh=True)

    async def whole(self, character_id: int) -> tuple[Character, list[Thing]]:
        """The character's row and things as they are now, in one look."""
        caching = self.around.caching
        generation = caching.generation
        found = await commits.load_whole(self.around.database, character_id)
        if found is None:
            raise NoCharacter
        me, things = found
        row = caching.put(CHARACTER, str(me.id), me.version, me, generation=generation)
        await gather([row, caching.put(INVENTORY, str(me.id), me.version, things, generation=generation)])
        return found

    def forget(self, character_id: int) -> None:
        """The row is no longer of interest here."""
        for kind in (CHARACTER, INVENTORY):
            self.around.caching.drop_near(kind, str(character_id))

    @contextmanager
    def arm_of(self, character_id: int) -> Iterator[str]:
        """Context in which queries to PostgreSQL are counted for this character, in its arm of the cache's rollout. Yields the arm."""
        arm = "direct" if self.around.caching.is_direct(str(character_id)) else "cached"
        token = ARM.set(arm)
        try:
            yield arm
        finally:
            ARM.reset(token)

    async def intervene(self, character_id: int, decide: Callable[[Deed], Awaitable[None]]) -> Character:
        """Change a character's rows as its own command would, though it gives none: an operator acts. Returns the row as it is then.

        `decide` plans on fresh rows, and may be called again when they change meanwhile. It refuses by raising `Refused`. A character in a
        fight is left as it is (`Refused`). Raises `NoCharacter` and `Conflict`.
        """
        session = await self._facilities.sessions.read(character_id)
        client = f"operator:{secrets.token_hex(8)}"
        actor = Actor(character_id, client, 0, 0, body=0 if session is None else session.epoch)
        async with self._turns.setdefault(character_id, asyncio.Lock()):
            await self.may_write()
            for attempt in range(TRIES):
                await pause_before(attempt)
                me = await self.around.row_of(character_id, fresh=True, near=False)
                deed = Deed(await self.around.scene_of(me, fresh=True, near=False))
                await rounds.refuse_in_fight(deed)
                await decide(deed)
                deed.finish()
                generation = self.around.caching.generation
                try:
                    receipt = await commits.commit(
                        self.around.database, character_id=character_id, epoch=0, client=client, number=1, reply=b"{}",
                        events=channels.encode(deed.events), changes=deed.changes, ledger=deed.ledger, facts=facts.encoded(deed.facts),
                    )  # fmt: skip
                except Stale as stale:
                    log.debug("command.decided_anew", attempt=attempt, reason=str(stale))
                    continue
                await self._settle(actor, 1, me, deed, receipt, generation)
                return deed.me
        raise Conflict

    async def _run(self, actor: Actor, command: Command, counted: counting.Command) -> bytes:
        digest = wire.digest_of(command)
        typed = isinstance(command, Line)
        if isinstance(command, Line):
            command = await self._understood(actor, command)
        spec = self.catalogue.by_frame[type(command)]
        counted.understood(spec.name, spec.handler)
        turn = actor.turn = actor.turn or self._turns.setdefault(actor.character_id, asyncio.Lock())  # removed with the last actor
        with self.arm_of(actor.character_id) as arm:
            self.commands[spec.name, arm] += 1
            return await self._in_turn(actor, command, digest, spec, turn, typed=typed)

    async def _understood(self, actor: Actor, line: Line) -> Command:
        """The command that a line says. A line that is no command, and names something that is here, is a look at it."""
        try:
            return self.catalogue.understand(line.text, line.id)
        except UnknownWord as unknown:
            word = normalization.plain(line.text)
            name, comma, words = word.partition(",")
            if comma and words.strip() and await self._is_seen(actor, name, anywhere=True):
                return self.catalogue.understand(f"ask {name} about {words.rpartition('about ')[2]}", line.id)
            if not await self._is_seen(actor, word):
                self._not_understood(actor.character_id, unknown)
                raise
            return Look(id=line.id, target=word)

    async def _is_seen(self, actor: Actor, word: str, *, anywhere: bool = False) -> bool:
        """Whether a line as a whole names something that is here; with `anywhere` an NPC counts wherever it is."""
        if not SHORTEST_NOUN <= len(word) <= LONGEST_NOUN:
            return False
        near = actor.epoch != 0
        me = await self.around.row_of(actor.character_id, near=near)
        scene = await self.around.scene_of(me, fresh=False, near=near)
        return (anywhere and npc_called(scene, word) is not None) or await nouns.is_seen(Deed(scene), word)

    async def _in_turn(self, actor: Actor, command: Command, digest: str, spec: CommandSpec, turn: asyncio.Lock, *, typed: bool) -> bytes:
        began = perf_counter()
        async with turn:
            await self.may_write()
            record("turn", began)
            if (said := actor.spoken.get(command.id)) is not None:
                if said[0] != digest:
                    raise Reused
                return said[1]
            if (refusal := actor.refused.get(command.id)) is not None and refusal[0] == digest:
                return refusal[1]
            if command.id <= actor.newest and (known := await self._known(actor, command.id, digest, spec)) is not None:
                return known
            return await self._decide(actor, command, digest, spec, typed=typed)

    async def _known(self, actor: Actor, number: int, digest: str, spec: CommandSpec) -> bytes | None:
        """The answer to a command that was carried out before; None when it was not. Raises `Reused` when another one was."""
        if spec.speaks and not actor.recorded:
            # Chat leaves no row. Commands of a client are carried out in order, so what came before the greatest known one is done.
            return _already_done(number) if actor.epoch and number < actor.last_command else None
        status, reply = await commits.find_command(self.around.database, actor.character_id, actor.client, number, digest)
        if status == "repeated":
            return reply
        if status == "reused":
            raise Reused
        return _already_done(number) if status == "already_done" else None

    async def _decide(self, actor: Actor, command: Command, digest: str, spec: CommandSpec, *, typed: bool) -> bytes:
        """Decide on cached rows; decide again on fresh rows when PostgreSQL reports a change."""
        if spec.cost > 1 and not actor.spend(spec.cost - 1):
            raise Flood
        try:
            return await self._judge(actor, command, digest, spec, typed=typed, fresh=False)
        except Stale as stale:
            log.debug("command.decided_anew", attempt=0, reason=str(stale))
        async with self._place_turns.turn(actor.place):
            for attempt in range(1, TRIES):
                await pause_before(attempt)
                try:
                    return await self._judge(actor, command, digest, spec, typed=typed, fresh=True)
                except Stale as stale:
                    log.debug("command.decided_anew", attempt=attempt, reason=str(stale))
        raise Conflict

    async def _judge(self, actor: Actor, command: Command, digest: str, spec: CommandSpec, *, typed: bool, fresh: bool) -> bytes:
        """Decide once. A refusal is remembered, or put on record."""
        try:
            return await self._attempt(actor, command, digest, spec, typed=typed, fresh=fresh)
        except Refused as refusal:
            if refusal.retry_after or isinstance(refusal, Reused):
                raise
            if actor.recorded:
                return await self._record_refusal(actor, command.id, digest, refusal)
            actor.was_refused(command.id, digest, _refusal_of(command.id, refusal))
            raise

    async def _attempt(self, actor: Actor, command: Command, digest: str, spec: CommandSpec, *, typed: bool, fresh: bool) -> bytes:
        near = actor.epoch != 0  # a single request may come to a worker that does not hear of what the session does elsewhere
        me = await self.around.row_of(actor.character_id, fresh=fresh, near=near)
        actor.place = me.location_id
        # Row and things are refreshed together: another command's change of these things raises the row's version.
        deed = Deed(await self.around.scene_of(me, fresh=fresh, near=near), actor.heard)
        began = perf_counter()
        try:
            outcome = await questing.follow(deed, await _handled(spec, deed, command))
        except PlayerError:
            # It may have taken effect since it was looked up, by a commit whose answer was lost. (`_record_refusal` looks by itself.)
            if (
                command.id <= actor.newest
                and not actor.recorded
                and (done := await self._known(actor, command.id, digest, spec)) is not None
            ):
                return done
            raise
        if spec.speaks:
            await self._admit_speech(deed)
        record("decide", began)
        if typed:
            outcome = msgspec.structs.replace(outcome, command=spec.name)
        reply = wire.encode(Reply(command.id, ok=True, data=outcome, correlation_id=CORRELATION.get()))
        deed.finish()
        if not deed.changes and not actor.recorded:
            began = perf_counter()
            await self._outbox.publish(actor.character_id, actor.client, command.id, deed.events, digest)
            record("publish", began)
            if spec.speaks:
                actor.has_spoken(command.id, digest, reply)
            return reply
        if not fresh and deed.is_shared and self._place_turns.are_taken(me.location_id):
            raise Stale("commands take turns here")
        generation = self.around.caching.generation
        actor.last_tried = max(actor.last_tried, command.id)
        try:
            receipt = await self._commit(actor, command, digest, deed, reply)
        except SearchedAlready as searched:
            raise Refused("picked_clean", deed.refused_search, "Come back later, or search something else.") from searched
        if receipt.status == "done":
            await self._settle(actor, command.id, me, deed, receipt, generation)
            return reply
        self.forget(actor.character_id)
        return _answer_on_record(receipt, command.id)

    async def _record_refusal(self, actor: Actor, number: int, digest: str, refusal: Refused) -> bytes:
        """Put the refusal on record, and raise it. Returns the answer on record when another sending of the request was faster."""
        refused = _refusal_of(number, refusal)
        receipt = await commits.commit(
            self.around.database, character_id=actor.character_id, epoch=actor.epoch, client=actor.client, number=number,
            reply=refused, events=b"[]", changes=[], digest=digest,
        )  # fmt: skip
        if receipt.status == "done":
            raise refusal
        return _answer_on_record(receipt, number)

    async def _admit_speech(self, deed: Deed) -> None:
        """Count the speech of this deed. Raises `TooLoud` when it exceeds a limit."""
        for message in deed.events:
            where, _, id_ = message.channel.partition(":")
            to = id_ if where == "location" else None
            await self.around.speech_limits.admit(deed.me.id, to, len(message.envelope))

    async def _commit(self, actor: Actor, command: Command, digest: str, deed: Deed, reply: bytes) -> Receipt:
        return await commits.commit(
            self.around.database, character_id=actor.character_id, epoch=actor.epoch, client=actor.client, number=command.id,
            reply=reply, events=channels.encode(deed.events), changes=deed.changes, ledger=deed.ledger, durable=deed.durable, digest=digest,
            facts=facts.encoded(deed.facts),
        )  # fmt: skip

    async def _settle(self, actor: Actor, number: int, before: Character, deed: Deed, receipt: Receipt, generation: int) -> None:
        """After the commit: bring the projections up to date, tell the others. Nothing here can fail the command any more."""
        me, began = deed.me, perf_counter()
        counting.committed(deed.facts, deed.ledger, money=commits.SCRAP)
        await gather([*write_through(self.around.caching, before, deed, receipt, generation), self._project(actor, before, me)])
        for character_id, version in receipt.characters.items():
            if character_id != me.id or not actor.epoch:
                await self.invalidations.changed_elsewhere(character_id, version)
        await relocate(self._facilities.registry, deed.changes, receipt.characters, but=me.id)
        events = deed.events if receipt.events is None else channels.decode_outgoing(receipt.events)
        publishing = perf_counter()
        record("project", began, publishing)
        await self._outbox.publish_recorded(actor.character_id, actor.client, number, events)
        record("publish", publishing)

    async def _project(self, actor: Actor, before: Character, me: Character) -> None:
        """Update the registry and the session. What they miss is repaired later (`resilience`, the reconciler)."""
        moved = before.location_id != me.location_id
        steps: list[Coroutine[Any, Any, object]] = []
        if moved:
            steps.append(self._facilities.registry.move(me.id, me.location_id, version=me.version))
        epoch = actor.epoch or actor.body
        if epoch:
            fields: dict[str, Field] = {
                "location_id": me.location_id, "hp": me.hp, "stamina": int(me.stamina), "xp": me.xp, "level": me.level, "version": me.version,
            }  # fmt: skip
            if moved:
                fields["last_movement_time"] = me.stamina_at
            steps.append(self._facilities.sessions.write(me.id, epoch, fields, self._session_ttl))
        for error in await asyncio.gather(*steps, return_exceptions=True):
            if isinstance(error, StaleEpoch):
                log.debug("session.write_refused", epoch=epoch)
            elif isinstance(error, FacilityError):
                if times := LOG_LIMIT.due("command.projection_failed"):
                    log.warning("command.projection_failed", error=str(error), times=times)
            elif isinstance(error, BaseException):
                raise error


async def _recorded(recorder: Recorder, counted: counting.Command, answer: Coroutine[Any, Any, bytes]) -> bytes:
    """Carry a command out while its steps are recorded."""
    token = RECORDER.set(recorder)
    try:
        return await answer
    finally:
        RECORDER.reset(token)
        recorder.done(counted.name, counted.outcome or "cancelled")


async def _handled(spec: CommandSpec, deed: Deed, command: Command) -> Outcome:
    if not spec.in_fight:
        await rounds.refuse_in_fight(deed)
    me = deed.scene.me
    if spec.speaks and me.muted_until > deed.scene.now and (not me.muted_speech or spec.speech in me.muted_speech):
        raise Muted(me.muted_until, me.mute_notice, me.muted_speech)
    return await spec.handler(deed, command)


def _refusal_of(number: int, error: PlayerError) -> bytes:
    view = ErrorView(error.code, error.message, error.hint)
    return wire.encode(Reply(number, ok=False, error=view, correlation_id=CORRELATION.get()))


def _answer_on_record(receipt: Receipt, number: int) -> bytes:
    if receipt.status == "reused":
        raise Reused
    return receipt.reply if receipt.status == "repeated" else _already_done(number)


def _already_done(number: int) -> bytes:
    message = "That was done before."
    return wire.encode(Reply(number, ok=True, data=Outcome(message, command="already_done"), correlation_id=CORRELATION.get()))
