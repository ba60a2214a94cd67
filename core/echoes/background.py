"""What a worker does again and again beside serving its clients; `echoes.tasks` says how."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from echoes import tasks, wire
from echoes.game.custody import Custody, Held
from echoes.game.news import News
from echoes.game.outbox import Outbox
from echoes.game.presence import Presence
from echoes.storage import attempts, commits
from echoes.storage.database import Database
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
    work = {
        "metrics": tasks.every(PAUSE, "metrics", city.sampler.turn),
        "heartbeat": tasks.every(lease / 3, "heartbeat", roster.heartbeat),
        "uphold": tasks.every(lease / 3, "uphold", lambda: _uphold(custody, city.hub)),
        "bury": _bury(custody, roster),
        "tidy": tasks.every_leased(30.0, "tidy", lambda: _if_steady(roster, custody.tidy), locks),
        "mend": tasks.every(0.5, "mend", city.resilience.mend),
        "outbox-pay": tasks.every(0.1, "outbox-pay", outbox.pay),
        "outbox-mark": tasks.every(0.2, "outbox-mark", outbox.mark),
        "outbox-sweep": tasks.every(1.0, "outbox-sweep", lambda: _sweep(outbox, news)),
        "cache-news": tasks.every(1.0, "cache-news", news.listen),
        "content": city.contents.keep(),
        "grace": tasks.every_leased(1.0, "grace", lambda: _if_steady(roster, presence.end_overdue), locks),
        "forget-commands": tasks.every_leased(3600.0, "forget-commands", lambda: _forget(city.database, forgotten_after), locks),
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
            await tasks.attempt("bury", custody.bury)


async def _if_steady(roster: Roster, work: tasks.Work) -> None:
    """After an outage of the store, judge nobody by the clock before everybody has had the time to come back."""
    if roster.steady:
        await work()


async def _sweep(outbox: Outbox, news: News) -> None:
    for command in await outbox.sweep():
        await news.left_behind(command)


async def _forget(database: Database, older_than: float) -> None:
    await commits.forget_commands(database, older_than)
    await attempts.forget(database)
