"""Orders of operators to workers, as rows: given once, taken once by each server that they concern, and over after a bounded time.

A server is a supervisor with its workers. An order names a worker, or is for every server; then one server after the other carries it out.
"""

from collections.abc import Sequence
from typing import Literal

import asyncpg
from msgspec import Struct

from echoes.storage import audit
from echoes.storage.audit import Act
from echoes.storage.database import Connection, Database
from echoes.storage.moderation import DoneAlready

Action = Literal["replace", "drain", "roll", "fill"]
State = Literal["waiting", "expired", "under way", "done", "failed", "unknown"]
DONE = "done"
WAITS = 60.0
"""Seconds for which an order waits for the first worker that takes it."""
NEXT = 10.0
"""Seconds for which an order for every server waits for the next one, after one has carried it out."""
SHOWN, SHOWN_SECONDS = 20, 3600.0
"""The orders that are shown: the newest, of the last hour."""


class Open(Struct, frozen=True):
    """An order that a worker may take."""

    number: int
    action: Action


class OrderStep(Struct, frozen=True):
    """A server that carries out an order: the worker that took it, when (UTC), and the outcome; empty: it is not over."""

    server: str
    worker: str
    at: str
    outcome: str


class WorkerOrder(Struct, frozen=True):
    """An order to a worker, or to every server (`worker` is empty). `at` is UTC.

    `unknown`: a worker took it, and its server has not reported an outcome in time.
    """

    number: int
    at: str
    action: Action
    worker: str
    operator: str
    state: State
    steps: Sequence[OrderStep] = ()


ORDERS = """
select number, to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at, action, worker, operator,
    until > extract(epoch from clock_timestamp()) as open
  from worker_orders where number = $1 or ($1 = 0 and at > now() - $2 * interval '1 second') order by number desc limit $3
"""
STEPS = """
select number, server, worker, to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at, outcome,
    until > extract(epoch from clock_timestamp()) as open
  from worker_order_steps where number = any($1) order by number, at, server
"""
UNDER_WAY = """
select action, operator, to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at from worker_orders o
  where o.worker = $1 and (exists (select from worker_order_steps s where s.number = o.number and s.outcome = ''
      and s.until > extract(epoch from clock_timestamp()))
    or (o.until > extract(epoch from clock_timestamp())
      and (o.worker = '' or not exists (select from worker_order_steps s where s.number = o.number))))
  limit 1
"""


async def give(database: Database, action: Action, worker: str, act: Act) -> WorkerOrder:
    """Order something of a worker, or of every server. Refuses while another order of the same extent is not over."""
    async with database.transaction("worker_order.give") as connection:
        # The world's row is locked first: so numbers are committed in their order, and orders do not race.
        number: int = await connection.fetchval("update world set worker_orders = worker_orders + 1 returning worker_orders")
        if (former := await connection.fetchrow(UNDER_WAY, worker)) is not None:
            concerned = worker or "all workers"
            raise DoneAlready(
                f"{former['operator']} has ordered to {former['action']} {concerned} at {former['at']} UTC, and that is not over.",
                "`echoes ops nodes` shows how it goes; wait until it is over.",
            )
        await connection.execute(
            "insert into worker_orders (number, action, worker, operator, until)"
            " values ($1, $2, $3, $4, extract(epoch from clock_timestamp()) + $5)",
            number, action, worker, act.operator, WAITS,
        )  # fmt: skip
        await audit.enter(connection, act, order=number, worker=worker)
        return (await _shown(connection, number))[0]


async def take(database: Database, number: int, server: str, worker: str, seconds: float) -> bool | None:
    """Take an order for this server, which may need `seconds`. True: it is taken, once. False: not yet, another server is at it. None: no more."""
    async with database.transaction("worker_order.take") as connection:
        order = await connection.fetchrow(
            "select worker, until > extract(epoch from clock_timestamp()) as open from worker_orders where number = $1 for update", number
        )
        steps = await connection.fetch(
            "select server, outcome, until > extract(epoch from clock_timestamp()) as open from worker_order_steps where number = $1",
            number,
        )
        if order is None or not order["open"] or any(one["server"] == server or one["outcome"] not in {"", DONE} for one in steps):
            return None
        if any(not one["outcome"] and one["open"] for one in steps):
            return False
        if any(not one["outcome"] for one in steps):
            return None  # a server took it and has not reported: the other ones stay as they are
        await connection.execute(
            "insert into worker_order_steps (number, server, worker, until) values ($1, $2, $3, extract(epoch from clock_timestamp()) + $4)",
            number, server, worker, seconds,
        )  # fmt: skip
        await connection.execute(
            "update worker_orders set until = extract(epoch from clock_timestamp()) + $2 where number = $1 and worker = ''",
            number,
            seconds + NEXT,
        )
    return True


async def finish(database: Database, number: int, server: str, outcome: str) -> None:
    """Keep the outcome of an order on this server. Kept again, it changes nothing."""
    async with database.transaction("worker_order.finish") as connection:
        await connection.execute("select from worker_orders where number = $1 for update", number)
        kept = await connection.fetchval(
            "update worker_order_steps set outcome = $3 where number = $1 and server = $2 and outcome = '' returning true",
            number, server, outcome,
        )  # fmt: skip
        if kept:
            seconds = NEXT if outcome == DONE else 0.0
            await connection.execute(
                "update worker_orders set until = extract(epoch from clock_timestamp()) + $2 where number = $1 and worker = ''",
                number,
                seconds,
            )


async def open_for(connection: "Connection", worker: str, after: int) -> Sequence[Open]:
    """Return the orders that this worker may take: those to it, and those for every server that are newer than `after`."""
    rows = await connection.fetch(
        "select number, action from worker_orders where until > extract(epoch from clock_timestamp())"
        " and (worker = $1 or (worker = '' and number > $2)) order by number",
        worker, after,
    )  # fmt: skip
    return [Open(row["number"], row["action"]) for row in rows]


async def newest(database: Database) -> Sequence[WorkerOrder]:
    """Return the orders of the last hour, newest first."""
    async with database.transaction("worker_order.newest") as connection:
        return await _shown(connection, 0)


async def _shown(connection: Connection, number: int) -> Sequence[WorkerOrder]:
    orders = await connection.fetch(ORDERS, number, SHOWN_SECONDS, SHOWN)
    steps = await connection.fetch(STEPS, [one["number"] for one in orders])
    found = []
    for one in orders:
        mine = [step for step in steps if step["number"] == one["number"]]
        shown = [OrderStep(step["server"], step["worker"], step["at"], step["outcome"]) for step in mine]
        found.append(WorkerOrder(one["number"], one["at"], one["action"], one["worker"], one["operator"], _state(one, mine), shown))
    return found


def _state(order: asyncpg.Record, steps: Sequence[asyncpg.Record]) -> State:
    if any(one["outcome"] not in {"", DONE} for one in steps):
        return "failed"
    if any(not one["outcome"] and one["open"] for one in steps):
        return "under way"
    if any(not one["outcome"] for one in steps):
        return "unknown"
    if not steps:
        return "waiting" if order["open"] else "expired"
    return "under way" if not order["worker"] and order["open"] else "done"
