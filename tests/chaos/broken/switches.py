"""Servers without one of their promises, so that the checker can be seen to find that. The core knows nothing of it.

Each switch takes out what keeps one promise; `ECHOES_TEST_BREAK` names one, and every process of the server throws it (`sitecustomize.py`).
"""

from collections.abc import Callable, Sequence

SWITCHES: dict[str, Callable[[], None]] = {}


def switch(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Registers what takes something out."""

    def registered(throw: Callable[[], None]) -> Callable[[], None]:
        SWITCHES[name] = throw
        return throw

    return registered


@switch("fencing")
def _without_fencing() -> None:
    """Every commit goes through as if it belonged to no session."""
    from echoes.game import service
    from echoes.storage import commits

    former = commits.commit

    async def commit(*arguments: object, **named: object) -> object:
        return await former(*arguments, **{**named, "epoch": 0})

    service.commits.commit = commit


@switch("recovery")
def _without_recovery() -> None:
    """A listener continues from the position that it gives, with the next message that comes; holes are stepped over."""
    from echoes.web.feed import Feed, Joined
    from echoes_redis.channel_reader import ChannelReader

    former = Feed.join

    async def join(self: Feed, listener: object, since: object, *more: object) -> Joined:
        joined = await former(self, listener, since, *more)
        return Joined(since or joined.position, [], complete=True)

    def take(self: ChannelReader, epoch: bytes, offset: int, tag: bytes, payload: bytes) -> None:
        self._epoch = epoch
        self.position = type(self.position)(epoch.decode(), self.position.offset)
        self._deliver(offset, tag, payload)

    Feed.join, ChannelReader._take = join, take


@switch("deduplication")
def _without_deduplication() -> None:
    """A command with any number is carried out; its record takes the place of any other."""
    from echoes.game import service
    from echoes.storage import commits

    former = commits.commit

    async def commit(database: object, **named: object) -> object:
        which = named["character_id"], named["client"], named["number"]
        await database.rows("chaos.forget", "delete from commands where character_id = $1 and client = $2 and number = $3", *which)
        return await former(database, **named)

    async def find(*_: object) -> tuple[str, bytes]:
        return "new", b""

    service.commits.commit, service.commits.find_command = commit, find


@switch("invalidation")
def _without_invalidation() -> None:
    """A ground that another change has overtaken is not invalidated: the cache keeps what was written through last."""
    from echoes.caching import Caching
    from echoes.game.kinds import GROUND

    former = Caching.invalidate

    async def invalidate(self: Caching, kind: object, id: str, version: int) -> None:  # noqa: A002
        if kind is not GROUND:
            await former(self, kind, id, version)

    Caching.invalidate = invalidate


@switch("news")
def _without_news() -> None:
    """The worker that holds a session gets no invalidation when others have changed its character."""
    from echoes.invalidation import Invalidations

    async def changed_elsewhere(*_: object) -> None:
        return

    Invalidations.changed_elsewhere = changed_elsewhere


@switch("sweep")
def _without_sweep() -> None:
    """Events that a crash has left unpublished are never published."""
    from echoes.game.outbox import Outbox

    async def sweep(*_: object) -> Sequence[object]:
        return []

    Outbox.sweep = sweep


@switch("bodies")
def _without_moving_bodies() -> None:
    """A move leaves the body in the room it came from."""
    from echoes.resilience.registry import ResilientRegistry

    async def move(*_: object, **__: object) -> bool:
        return True

    ResilientRegistry.move = move


@switch("leases")
def _without_owners_of_leases() -> None:
    """Any client may release a lease."""
    from echoes_redis.lock import RedisLocks

    RedisLocks.release = release_anybodys


async def release_anybodys(self: object, lease: object) -> bool:
    """In place of `RedisLocks.release`."""
    return bool(await self._driver.call("DEL", self._keys.lock(lease.name)))


@switch("timer_versions")
def _without_versions_of_timers() -> None:
    """A timer happens whenever a worker says so, and every worker works all of them."""
    from echoes.storage import functions
    from echoes.storage.timers import PARTS
    from echoes.tasks.timer_parts import TimerParts

    kept = " or v_timer.version <> p_version or v_timer.due_at > now"
    if kept not in functions._SOURCE:
        raise AssertionError(kept)
    functions._SOURCE = (
        functions._SOURCE.replace(kept, "")
        .replace("insert into occurrences (kind", "insert into occurrences as o (kind")
        .replace(
            "values (p_kind, p_subject, p_version, coalesce(events, p_events));",
            "values (p_kind, p_subject, p_version, coalesce(events, p_events)) on conflict do nothing;",
        )
    )

    async def turn(_: TimerParts) -> dict[int, int]:
        return {}

    TimerParts.turn = turn
    TimerParts.held = property(lambda _: list(range(PARTS)))


@switch("last_command")
def _without_the_last_command() -> None:
    """A session begins with the greatest command number as it was before the commits that it waited for."""
    from echoes.game import presence
    from echoes.storage import commits

    former = commits.enter

    async def enter(database: object, character_id: int, epoch: int, client: str, **visit: str) -> object:
        last = await commits.last_command(database, character_id, client)
        entrance = await former(database, character_id, epoch, client, **visit)
        return type(entrance)(entrance.me, last, entrance.arrival, entrance.beginning)

    presence.commits.enter = enter


@switch("fight_seeds")
def _without_seeds_of_fights() -> None:
    """A fight's dice are thrown by chance, not by its seed."""
    import random

    from echoes.world import combat

    combat._dice = lambda *_: random.Random()


@switch("counting")
def _without_counted_refusals() -> None:
    """The metrics count a command only when it was carried out."""
    from echoes.metrics import counting

    former = counting.Command.ended

    def ended(self: counting.Command, error: object = None) -> None:
        if error is None:
            former(self)

    counting.Command.ended = ended


@switch("round_limits")
def _without_limits_of_rounds() -> None:
    """A round has no time limit: it waits until every player in it has chosen."""
    from echoes.game import fights

    def round_timer(combat_id: int) -> dict[str, object]:
        return {"op": "timer_off", "kind": "combat_round", "subject": f"combat:{combat_id}"}

    fights.round_timer = round_timer


@switch("quest_facts")
def _without_quests_that_follow() -> None:
    """A command's facts advance no quest."""
    from echoes.game import questing

    async def follow(_: object, outcome: object) -> object:
        return outcome

    questing.follow = follow
