"""What a worker does again and again beside serving its clients; `echoes.tasks` says how."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from echoes import tasks, wire
from echoes.game.custody import Custody, Held
from echoes.game.news import News
from echoes.game.outbox import Outbox
from echoes.game.presence import Presence
from echoes.storage.retention import Retention, rules
from echoes.storage.unplayed import Unplayed
from echoes.tasks.roster import Roster
from echoes.web.city import City
from echoes.web.hub import Hub
from echoes.web.sampling import PAUSE

SILENT_CLIENT_SECONDS = 24 * 3600.0


@asynccontextmanager
async def tended(city: City, presence: Presence, custody: Custody, outbox: Outbox, news: News) -> AsyncIterator[None]:
    """Run the background work of a worker while the body does."""
    roster, locks, lease = city.roster, city.facilities.locks, city.settings.worker_ttl
    forgotten_after = max(SILENT_CLIENT_SECONDS, 2 * city.settings.token_hours * 3600)
    retention = Retention(
        city.database, rules(silent=forgotten_after, ledger_days=city.settings.ledger_days, audit_days=city.settings.audit_days)
    )
    by_each_worker: tuple[tuple[str, float, tasks.Work], ...] = (
        ("metrics", PAUSE, city.sampler.turn),
        ("heartbeat", lease / 3, roster.heartbeat),
        ("uphold", lease / 3, lambda: _uphold(custody, city.hub)),
        ("mend", 0.5, city.resilience.mend),
        ("outbox-pay", 0.1, outbox.pay),
        ("outbox-mark", 0.2, outbox.mark),
        ("outbox-sweep", 1.0, lambda: _sweep(outbox, news)),
        ("cache-news", 1.0, news.listen),
    )
    by_one_at_a_time: tuple[tuple[str, float, tasks.Work], ...] = (
        ("grace", 1.0, lambda: _if_steady(roster, presence.end_overdue)),
        ("tidy", 30.0, lambda: _if_steady(roster, custody.tidy)),
        ("unplayed", 600.0, Unplayed(city.database, city.settings.unplayed_days).turn),
        ("retention", 60.0, retention.turn),
    )
    work = {
        "bury": _bury(custody, roster),
        "content": city.contents.keep(),
        **{name: tasks.every(seconds, name, job) for name, seconds, job in by_each_worker},
        **{name: tasks.every_leased(seconds, name, job, locks) for name, seconds, job in by_one_at_a_time},
    }
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(one, name=f"task:{name}") for name, one in work.items()]
        try:
            yield
        finally:
            for task in running:
                task.cancel()


async def _uphold(custody: Custody, hub: Hub) -> None:
    """Keep the store in step with the seats; a seat that cannot go on is ended, and its client comes back or is told why not."""
    for verdict in await custody.uphold(lambda: [Held(seat.character_id, seat.epoch, seat.connection) for seat in hub.seats.values()]):
        seat = hub.seats.get(verdict.character_id)
        if seat is not None and seat.epoch == verdict.epoch:
            if verdict.superseded:
                seat.end(wire.Close.SIGNED_IN_ELSEWHERE, "signed in elsewhere")
            else:
                seat.end(wire.Close.POSITION_LOST, "claim the character again")


async def _bury(custody: Custody, roster: Roster) -> None:
    """See to the players of dead workers, within a second; at once when a worker has said goodbye."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await roster.left.wait()
        said_goodbye = roster.left.is_set()
        roster.left.clear()
        if said_goodbye or roster.steady:
            await tasks.attempt("bury", lambda: custody.bury(roster.is_leaving))


async def _if_steady(roster: Roster, work: tasks.Work) -> None:
    """After an outage of the store, judge nobody by the clock before everybody has had the time to come back."""
    if roster.steady:
        await work()


async def _sweep(outbox: Outbox, news: News) -> None:
    for command in await outbox.sweep():
        await news.left_behind(command)
