"""Background tasks of a worker beside serving its clients; `echoes.tasks` repeats them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from echoes import garbage, metrics, tasks, wire
from echoes.context import Context
from echoes.game.observers import Observer, observe
from echoes.game.outbox import Outbox
from echoes.game.presence import Presence
from echoes.game.reconciler import Held, Reconciler
from echoes.invalidation import Invalidations
from echoes.sampling import Sampling
from echoes.storage import timers
from echoes.storage.database import Database
from echoes.storage.retention import Retention, rules
from echoes.storage.unplayed import Unplayed
from echoes.tasks.membership import Membership
from echoes.unknown_words import SECONDS, UnknownWords
from echoes.web.hub import Hub
from echoes.web.sampling import PAUSE

SILENT_CLIENT_SECONDS = 24 * 3600.0


@asynccontextmanager
async def background_tasks(
    context: Context,
    presence: Presence,
    reconciler: Reconciler,
    outbox: Outbox,
    invalidations: Invalidations,
    some_unpublished: asyncio.Event,
    sampling: Sampling,
    unknown_words: UnknownWords,
) -> AsyncIterator[None]:
    """Run the background work of a worker while the body does. `some_unpublished` is set while events of dead workers wait in PostgreSQL."""
    membership, locks, lease = context.membership, context.facilities.locks, context.settings.worker_ttl
    forgotten_after = max(SILENT_CLIENT_SECONDS, 2 * context.settings.token_hours * 3600)
    retention = Retention(
        context.database, rules(silent=forgotten_after, ledger_days=context.settings.ledger_days, audit_days=context.settings.audit_days)
    )
    by_each_worker: tuple[tuple[str, float, tasks.Work], ...] = (
        ("metrics", PAUSE, context.sampler.turn),
        ("heartbeat", lease / 3, membership.heartbeat),
        ("reconcile", lease / 3, lambda: _reconcile(reconciler, context.hub)),
        ("resync", 0.5, context.resilience.resync),
        ("cache-invalidations", 1.0, invalidations.listen),
        ("garbage", 600.0, lambda: _thaw(context.hub)),
    )
    by_each_worker_while_needed: tuple[tuple[str, float, asyncio.Event, tasks.Work], ...] = (
        ("outbox-pay", 0.1, outbox.some_owed, outbox.pay),
        ("outbox-mark", 0.2, outbox.some_unmarked, outbox.mark),
        ("samples", 1.0, sampling.some_waiting, sampling.keep),
        ("unknown-words", SECONDS, unknown_words.some_waiting, unknown_words.keep),
        ("worker-orders", 0.5, context.worker_orders.due, context.worker_orders.turn),
        ("outbox-sweep", 1.0, some_unpublished, lambda: _sweep(outbox, invalidations)),
    )
    by_one_at_a_time: tuple[tuple[str, float, tasks.Work], ...] = (
        ("grace", 1.0, lambda: _if_steady(membership, presence.end_overdue)),
        ("reap-strays", 30.0, lambda: _if_steady(membership, reconciler.reap_strays)),
        *((f"observer-{one.name}", 1.0, partial(_observe, context.database, one)) for one in context.observers),
        ("timer-metrics", 10.0, lambda: _measure_timers(context.database)),
        ("unplayed", 600.0, Unplayed(context.database, context.settings.unplayed_days).turn),
        ("retention", 60.0, retention.turn),
    )
    work = {
        "reap": _reap(reconciler, membership),
        "content": context.contents.keep(),
        "timers": context.clockwork.run(),
        **{name: tasks.every(seconds, name, job) for name, seconds, job in by_each_worker},
        **{name: tasks.every_while(needed, seconds, name, job) for name, seconds, needed, job in by_each_worker_while_needed},
        **{name: tasks.every_leased(seconds, name, job, locks) for name, seconds, job in by_one_at_a_time},
    }
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(one, name=f"task:{name}") for name, one in work.items()]
        try:
            yield
        finally:
            for task in running:
                task.cancel()


async def _reconcile(reconciler: Reconciler, hub: Hub) -> None:
    """Compare the store with the seats. A seat that cannot continue is ended; its client reconnects, or gets the reason why not."""
    for verdict in await reconciler.reconcile(
        lambda: [Held(seat.character_id, seat.epoch, seat.connection) for seat in hub.seats.values()]
    ):
        seat = hub.seats.get(verdict.character_id)
        if seat is not None and seat.epoch == verdict.epoch:
            match verdict.reason:
                case "superseded":
                    seat.end(wire.Close.SIGNED_IN_ELSEWHERE, "signed in elsewhere")
                case "removed":
                    seat.end(wire.Close.NOT_ALLOWED, "no such character")
                case "lost":
                    seat.end(wire.Close.POSITION_LOST, "claim the character again")


async def _reap(reconciler: Reconciler, membership: Membership) -> None:
    """See to the players of dead workers, within a second; at once when a worker has said goodbye."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await membership.left.wait()
        said_goodbye = membership.left.is_set()
        membership.left.clear()
        if said_goodbye or membership.steady:
            await tasks.attempt("reap", lambda: reconciler.reap(membership.is_leaving))


async def _if_steady(membership: Membership, work: tasks.Work) -> None:
    """After an outage of the store, wait until every worker has had the time to renew its lease."""
    if membership.steady:
        await work()


async def _observe(database: Database, observer: Observer) -> None:
    """Hand facts over until there are no more."""
    while await observe(database, observer):
        pass


async def _measure_timers(database: Database) -> None:
    """Bring the gauges of timers up to date. A kind of which none is left is shown as 0."""
    found = {one.kind: one for one in await timers.kinds(database)}
    for kind in {*found, *(labels[0] for labels in metrics.TIMERS_ARMED._metrics)}:  # noqa: SLF001 - prometheus_client has no list of label values
        one = found.get(kind)
        metrics.TIMERS_ARMED.labels(kind).set(one.armed if one else 0)
        metrics.TIMERS_OVERDUE_SECONDS.labels(kind).set(one.latest if one else 0.0)
        metrics.TIMERS_FAILING.labels(kind).set(one.failing if one else 0)


async def _thaw(hub: Hub) -> None:
    """Free what the short runs of the garbage collector have left, on a worker without players."""
    if not hub.seats:
        garbage.thaw()


async def _sweep(outbox: Outbox, invalidations: Invalidations) -> None:
    for command in await outbox.sweep():
        await invalidations.drop_unpublished(command)
