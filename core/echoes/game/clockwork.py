"""The clockwork: find due timers, ask their rules, apply what the rules decide. PostgreSQL makes each occurrence happen once.

The order for one timer is that of a command (`echoes.game.service`): read rows, decide, `happen` (commit), cache, publish.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any

import structlog

from echoes import channels, metrics
from echoes.concurrency import gather, pause_before
from echoes.errors import ConfigurationError, FacilityError, FacilityUnavailable, Unavailable
from echoes.game import facts
from echoes.game.kinds import CHARACTER, GROUND, INVENTORY, NPCS
from echoes.game.outbox import Outbox
from echoes.game.relocations import relocate
from echoes.game.scene import Surroundings
from echoes.game.timers import Happened, Rows, TimerSpec
from echoes.invalidation import Invalidations
from echoes.log_limit import LOG_LIMIT
from echoes.metrics import counting
from echoes.steps import RECORDER, Recorder, record
from echoes.storage import timers
from echoes.storage.commits import SCRAP, Stale
from echoes.storage.timers import Due, Occurred
from echoes.storage.world_lock import WorldLock
from echoes.tasks.timer_parts import TimerParts
from echoes.world.returns import intervals

log = structlog.get_logger()
BATCH = 200
"""Timers that are fetched at a time."""
AT_ONCE = 4
"""Timers whose rules run side by side on a worker: they leave connections of the pool to commands."""
AHEAD = 1.0
"""Seconds at most between two looks."""
SOON_AGAIN = 0.05
"""Seconds after a look that found something due: their rules have armed others, and a look for each of them would cost more than they do."""
TRIES = 8
"""Decisions of one rule at most, while rows change between its read and its commit."""
BUSY_SECONDS = 0.5
"""Seconds until a rule is tried again whose rows others have changed at all `TRIES` attempts. They do not grow: fighters who are busy are no fault."""
UNKNOWN_SECONDS = 3600.0
LONGEST_POSTPONEMENT = 600.0


def specs_of(*given: Iterable[TimerSpec]) -> Mapping[str, TimerSpec]:
    """By kind. Raises `ConfigurationError` when two have the same kind, or one cannot come again as it says."""
    found: dict[str, TimerSpec] = {}
    for spec in (one for some in given for one in some):
        if spec.kind in found:
            raise ConfigurationError(f"two timers are called {spec.kind!r}; rename one of them")
        if spec.catch_up != "once" and spec.interval <= 0:
            raise ConfigurationError(f"the timer {spec.kind!r} catches up with {spec.catch_up!r}: it needs an `interval` in seconds")
        found[spec.kind] = spec
    return found


class Clockwork:
    """One worker's. `turn` works what is due in the parts that this worker holds."""

    def __init__(
        self, specs: Mapping[str, TimerSpec], around: Surroundings, parts: TimerParts, outbox: Outbox, invalidations: Invalidations, lock: WorldLock,
        worker_id: str, recorder_of: Callable[[Due], Recorder | None] = lambda _: None,
    ) -> None:  # fmt: skip
        self.specs = specs
        self.parts = parts
        self._around = around
        self._outbox = outbox
        self._invalidations = invalidations
        self._lock = lock
        self._worker_id = worker_id
        self._recorder_of = recorder_of
        self._started = False

    async def run(self) -> None:
        """Work until cancelled, then give the parts back. Errors are logged, and what failed is due again later."""
        pause = 0.0
        try:
            while True:
                await asyncio.sleep(pause)
                pause = await self._turn()
        finally:
            await self.parts.leave()

    async def _turn(self) -> float:
        try:
            return await self.turn()
        except FacilityUnavailable as error:
            log.debug("timers.turn_postponed", error=str(error))  # the circuit breaker reports the outage
            return AHEAD
        except Exception as error:  # noqa: BLE001 - a worker whose clock stands still helps nobody: logged, and tried again
            if times := LOG_LIMIT.due("timers.turn_failed", type(error).__name__):
                log.warning("timers.turn_failed", error=str(error) or type(error).__name__, times=times)
            return AHEAD

    async def turn(self) -> float:
        """Work what is due; answers how many seconds to sleep until the next look."""
        if not self._lock.held:  # another server plays this world: this one waits for it to leave
            return AHEAD
        if taken := await self.parts.turn():
            await timers.note_parts(self._around.database, self._worker_id, taken)
        held = self.parts.held
        if not held:
            return AHEAD
        if not self._started:
            await self._arm_those_that_start()
        found = await timers.soon(self._around.database, held, AHEAD, BATCH)
        due = [one for one in found if one.late >= 0]
        if due:
            await gather((self._work(one) for one in due), at_once=AT_ONCE)
            return 0.0 if len(found) == BATCH else SOON_AGAIN
        return min((-one.late for one in found), default=AHEAD)

    async def _arm_those_that_start(self) -> None:
        for spec in self.specs.values():
            for subject in spec.starts:
                await timers.arm(self._around.database, spec.kind, subject, spec.interval)
        await timers.arm_spawns(self._around.database, list(self._around.contents.populations.by_id))
        await timers.arm_returns(self._around.database, intervals(self._around.world))
        self._started = True

    async def _work(self, timer: Due) -> None:
        recorder = self._recorder_of(timer)
        if recorder is None:
            await self._attempt(timer)
            return
        token, outcome = RECORDER.set(recorder), "failed"
        try:
            outcome = await self._attempt(timer)
        finally:
            RECORDER.reset(token)
            recorder.done(timer.kind, outcome)

    async def _attempt(self, timer: Due) -> str:
        """Work one timer, or postpone it; answers its outcome as metrics have it."""
        spec = self.specs.get(timer.kind)
        if spec is None:
            if times := LOG_LIMIT.due("timers.unknown_kind", timer.kind):
                log.warning("timers.unknown_kind", kind=timer.kind, subject=timer.subject, times=times)
            metrics.TIMERS.labels("unknown", "unknown").inc()
            await timers.postpone(self._around.database, timer, UNKNOWN_SECONDS)
            return "unknown"
        try:
            outcome = await self._decide(spec, timer)
        except Exception as error:
            # An absent PostgreSQL, which `database.query_failed` reports, and rows that others change all the time are no fault of the rule.
            if not isinstance(error, Unavailable | Stale) and (times := LOG_LIMIT.due("timers.rule_failed", timer.kind)):
                log.exception("timers.rule_failed", kind=timer.kind, subject=timer.subject, failures=timer.failures + 1, times=times)
            metrics.TIMERS.labels(timer.kind, "failed").inc()
            pause = BUSY_SECONDS if isinstance(error, Stale) else min(2.0 ** min(timer.failures, 16), LONGEST_POSTPONEMENT)
            await timers.postpone(self._around.database, timer, pause)
            return "failed"
        metrics.TIMERS.labels(timer.kind, outcome).inc()
        metrics.TIMER_LATENESS.labels(timer.kind).observe(max(0.0, timer.late))
        return outcome

    async def _decide(self, spec: TimerSpec, timer: Due) -> str:
        """Decide and apply; decide again when a row has changed. Answers `done`, `skipped` or `taken` (another worker was first)."""
        if spec.is_skipped(timer):
            return "skipped" if await self._happen(spec, timer, Happened(after=spec.interval)) else "taken"
        for attempt in range(TRIES):
            await pause_before(attempt)
            found = await spec.read(self._around, timer)
            rows = Rows(timer, self._around, spec.dice(timer), self._around.database.now(), found)
            began = perf_counter()
            happened = spec.rule(rows)
            record("decide", began)
            try:
                return "done" if await self._happen(spec, timer, happened) else "taken"
            except Stale:
                if attempt == TRIES - 1:
                    raise
        raise AssertionError

    async def _happen(self, spec: TimerSpec, timer: Due, happened: Happened) -> bool:
        try:
            occurred = await timers.happen(
                self._around.database, timer, after=happened.after, from_due=spec.counts_from_due(timer), payload=happened.payload,
                events=channels.encode(happened.events), changes=happened.changes, ledger=happened.ledger, facts=facts.encoded(happened.facts),
            )  # fmt: skip
        except timers.PerhapsDoneError:
            await self._forget(happened.changes)
            return False
        if occurred is None:
            return False
        await self._settle(timer, happened, occurred)
        return True

    async def _settle(self, timer: Due, happened: Happened, occurred: Occurred) -> None:
        """After the commit: invalidate the caches and publish the events."""
        counting.committed(happened.facts, happened.ledger, money=SCRAP)
        began, caching = perf_counter(), self._around.caching
        steps = [caching.invalidate(GROUND, place, version) for place, version in occurred.places.items()]
        steps += [caching.invalidate(NPCS, place, version) for place, version in occurred.npc_places.items()]
        for character_id, version in occurred.characters.items():
            steps += [caching.invalidate(kind, str(character_id), version) for kind in (CHARACTER, INVENTORY)]
        try:
            await gather(steps)
            for character_id, version in occurred.characters.items():
                await self._invalidations.changed_elsewhere(character_id, version)
        except FacilityError as error:
            log.debug("timers.cache_not_updated", error=str(error))
        await relocate(self._around.registry, happened.changes, occurred.characters)
        events = happened.events if occurred.events is None else channels.decode_outgoing(occurred.events)
        publishing = perf_counter()
        record("project", began, publishing)
        await self._outbox.publish_recorded(0, f"{timer.kind}:{timer.subject}", timer.version, events)
        record("publish", publishing)

    async def _forget(self, changes: Sequence[Mapping[str, Any]]) -> None:
        """It is not known whether these took effect: nothing that is cached of them is believed any more. The sweep publishes their events."""
        for change in changes:
            if change["op"] in {"character", "witness"}:
                await self._around.caching.drop(CHARACTER, str(change["id"]))
            for owner in (change.get("owner", ""), change.get("new_owner", "")):
                if owner.startswith("location:"):
                    await self._around.caching.drop(GROUND, owner.partition(":")[2])
            for place in (change.get("location_id"), change.get("set", {}).get("location_id")):
                if place and change["op"].startswith("npc"):
                    await self._around.caching.drop(NPCS, place)
