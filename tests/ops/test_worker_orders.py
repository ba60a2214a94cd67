"""Orders to workers as rows and as requests: given once, taken once by each server, and over after a bounded time."""

import asyncio
import json

import pytest
import pytest_asyncio
from console import Console, text_of
from echoes.errors import FacilityUnavailable, Unavailable
from echoes.facilities import WorkerInfo
from echoes.storage import worker_orders
from echoes.storage.audit import Act
from echoes.storage.moderation import DoneAlready
from echoes.storage.retention import Retention, rules
from echoes.tasks.worker_orders import NO_SUPERVISOR, OUTCOMES, Supervision, WorkerOrders
from operating import BECAUSE, refused

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
ACT = Act("test", "order", "a test asks for it")
ROUTES = ["/nodes/w/replace", "/nodes/w/drain", "/nodes/roll", "/nodes/fill"]


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def no_orders(context):
    """Each test begins without orders."""
    await context.database.rows("test", "delete from worker_orders")


@pytest.fixture
def database(context):
    return context.database


async def state_of(database, number):
    """The state of an order, as operators see it."""
    return next(one.state for one in await worker_orders.newest(database) if one.number == number)


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_order_is_taken_once(database):
    """Also by another worker of the same server, when the first one was killed in the middle."""
    made = await worker_orders.give(database, "replace", "w1", ACT)
    assert (made.state, made.worker, made.operator) == ("waiting", "w1", "test")
    assert await worker_orders.take(database, made.number, "s1", "w1", 60.0) is True
    assert await state_of(database, made.number) == "under way"
    assert await worker_orders.take(database, made.number, "s1", "w1", 60.0) is None
    assert await worker_orders.take(database, made.number, "s1", "w2", 60.0) is None
    await worker_orders.finish(database, made.number, "s1", "done")
    await worker_orders.finish(database, made.number, "s1", "it failed")
    assert await state_of(database, made.number) == "done", "the first outcome counts"


async def test_of_many_workers_of_a_server_one_takes_an_order(database):
    """All try at once."""
    made = await worker_orders.give(database, "roll", "", ACT)
    taken = await asyncio.gather(*(worker_orders.take(database, made.number, "s1", f"w{one}", 60.0) for one in range(8)))
    assert sorted(taken, key=str) == [*[None] * 7, True]


async def test_an_order_is_not_given_twice_while_it_is_open(database):
    """The second operator reads of the first; when it is over it may be given again."""
    made = await worker_orders.give(database, "replace", "w1", ACT)
    with pytest.raises(DoneAlready, match="test has ordered to replace w1 at "):
        await worker_orders.give(database, "drain", "w1", ACT)
    await worker_orders.give(database, "drain", "w2", ACT)
    await worker_orders.take(database, made.number, "s1", "w1", 60.0)
    with pytest.raises(DoneAlready):
        await worker_orders.give(database, "replace", "w1", ACT)
    await worker_orders.finish(database, made.number, "s1", "done")
    await worker_orders.give(database, "replace", "w1", ACT)


async def test_an_order_that_no_worker_takes_expires(database, monkeypatch):
    """Then no worker takes it, and it can be given again."""
    monkeypatch.setattr(worker_orders, "WAITS", 0.0)
    made = await worker_orders.give(database, "drain", "gone", ACT)
    assert await worker_orders.take(database, made.number, "s1", "gone", 60.0) is None
    assert await state_of(database, made.number) == "expired"
    await worker_orders.give(database, "drain", "gone", ACT)


async def test_servers_carry_an_order_out_one_after_the_other(database, monkeypatch):
    """The next one begins when the one before is done; after the last one the order is over."""
    made = await worker_orders.give(database, "roll", "", ACT)
    assert await worker_orders.take(database, made.number, "s1", "a", 60.0) is True
    assert await worker_orders.take(database, made.number, "s2", "b", 60.0) is False
    await worker_orders.finish(database, made.number, "s1", "done")
    assert await state_of(database, made.number) == "under way"
    assert await worker_orders.take(database, made.number, "s2", "b", 60.0) is True
    monkeypatch.setattr(worker_orders, "NEXT", 0.0)
    await worker_orders.finish(database, made.number, "s2", "done")
    assert await worker_orders.take(database, made.number, "s3", "c", 60.0) is None
    assert await state_of(database, made.number) == "done"
    await worker_orders.give(database, "roll", "", ACT)


async def test_the_first_server_that_fails_ends_a_roll(database):
    """The others stay as they are, and operators read the reason."""
    made = await worker_orders.give(database, "roll", "", ACT)
    await worker_orders.take(database, made.number, "s1", "a", 60.0)
    await worker_orders.finish(database, made.number, "s1", OUTCOMES["not_started"])
    assert await worker_orders.take(database, made.number, "s2", "b", 60.0) is None
    (shown,) = await worker_orders.newest(database)
    assert (shown.state, shown.steps[0].outcome) == ("failed", OUTCOMES["not_started"])


async def test_a_server_that_reports_nothing_ends_a_roll(database):
    """It died in the middle: the outcome is unknown, and no other server begins."""
    made = await worker_orders.give(database, "roll", "", ACT)
    await worker_orders.take(database, made.number, "s1", "a", 0.0)
    assert await worker_orders.take(database, made.number, "s2", "b", 60.0) is None
    assert await state_of(database, made.number) == "unknown"


async def test_orders_are_removed_after_a_week(database):
    """With their steps; the list shows those of an hour, 20 at most."""
    for one in range(25):
        await worker_orders.give(database, "replace", f"w{one}", ACT)
    assert len(await worker_orders.newest(database)) == worker_orders.SHOWN
    made = await worker_orders.give(database, "replace", "w", ACT)
    await worker_orders.take(database, made.number, "s1", "w", 60.0)
    await database.rows("test", "update worker_orders set at = now() - interval '2 hours'")
    assert await worker_orders.newest(database) == []
    await database.rows("test", "update worker_orders set at = now() - interval '8 days'")
    await Retention(database, [one for one in rules(silent=1, ledger_days=1, audit_days=1) if one.name == "worker_orders"]).turn()
    for table in ("worker_orders", "worker_order_steps"):
        assert await database.rows("test", f"select from {table}") == []


# ── a worker ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Polled:
    """A worker's orders with a supervisor that keeps what it gets."""

    def __init__(self, database, worker, server="s1", *, supervised=True) -> None:
        self.database, self.got = database, []
        supervision = Supervision(server, lambda action, number: self.got.append((action, number)), 60.0)
        self.orders = WorkerOrders(database, worker, supervision if supervised else None)

    async def poll(self):
        """As the world poll does, and then the task."""
        async with self.database.transaction("test") as connection:
            await self.orders.read(connection, await connection.fetchval("select worker_orders from world"))
        await self.orders.turn()
        return self.got


async def test_a_worker_hands_its_order_to_its_supervisor_once(database):
    """However often it polls; another worker's order does not concern it."""
    mine, other = Polled(database, "w1"), Polled(database, "w2")
    await mine.poll()
    made = await worker_orders.give(database, "drain", "w1", ACT)
    for _ in range(3):
        assert await mine.poll() == [("drain", made.number)]
        assert await other.poll() == []
    mine.orders.ended(made.number, "last")
    await mine.orders.turn()
    (shown,) = await worker_orders.newest(database)
    assert (shown.state, shown.steps[0].outcome, mine.orders.due.is_set()) == ("failed", OUTCOMES["last"], False)


async def test_a_worker_that_began_later_takes_no_part_in_a_roll(database):
    """It is newer than the order; one that was there takes it."""
    before = Polled(database, "w1")
    await before.poll()
    made = await worker_orders.give(database, "roll", "", ACT)
    assert await Polled(database, "w2", "s2").poll() == []
    assert await before.poll() == [("roll", made.number)]


async def test_a_supervisor_of_an_older_release_is_named(database):
    """It takes no orders, so its worker says what to do."""
    mine = Polled(database, "w1", supervised=False)
    await worker_orders.give(database, "replace", "w1", ACT)
    assert await mine.poll() == []
    (shown,) = await worker_orders.newest(database)
    assert (shown.state, shown.steps[0].outcome) == ("failed", NO_SUPERVISOR)


async def test_an_idle_worker_asks_for_no_orders(context):
    """The world poll compares a number; the table is read when it has changed."""
    assert not context.worker_orders.due.is_set()
    queries = context.database.queries
    before, polls = queries["worker_order.take"], queries["world.poll"]
    async with asyncio.timeout(20):
        while queries["world.poll"] < polls + 2:
            await asyncio.sleep(0.05)
    assert queries["worker_order.take"] == before


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def workers(monkeypatch, context, *infos):
    """The registry knows these workers."""

    async def known():
        return [WorkerInfo(started=0.0, version="1", **one) for one in infos]

    monkeypatch.setattr(context.facilities.registry, "workers", known)


async def test_an_order_is_given_with_a_reason_and_an_entry(api, context, monkeypatch):
    """The answer is the order; `nodes` lists it; the entry names operator, worker and reason."""
    workers(monkeypatch, context, {"worker_id": "w1", "server": "s1"}, {"worker_id": "w2", "server": "s1"})
    answer = await api.post("/nodes/w1/drain")
    assert (answer.status_code, answer.json()["state"], answer.json()["worker"]) == (202, "waiting", "w1")
    shown = (await api("GET", "/nodes")).json()
    assert [one["server"] for one in shown["nodes"]] == ["s1", "s1"]
    assert [(one["action"], one["worker"], one["operator"]) for one in shown["orders"]] == [("drain", "w1", "script")]
    entry, *_ = await api.entries(action="drain_worker", operator="script")
    assert (entry.reason, json.loads(entry.details)) == (BECAUSE, {"order": answer.json()["number"], "worker": "w1"})
    again = await api.post("/nodes/w1/replace")
    assert (refused(again), "script has ordered to drain w1" in again.json()["message"]) == ((409, "done_already"), True)
    assert (await api.post("/nodes/roll")).status_code == 202
    assert refused(await api.post("/nodes/fill")) == (409, "done_already")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nodes/gone/replace", 404, "no_worker"),
        ("/nodes/gone%00/drain", 422, "bad_text"),
        ("/nodes/leaving/drain", 409, "done_already"),
        ("/nodes/old/replace", 422, "one_process"),
        ("/nodes/alone/drain", 422, "last_worker"),
    ],
)
async def test_an_order_that_cannot_be_carried_out_is_refused(api, context, monkeypatch, path, status, code):
    """A worker that is gone or drains, one under an older supervisor, the last one of a server: in words, with an entry."""
    workers(
        monkeypatch, context, {"worker_id": "alone", "server": "s1"}, {"worker_id": "leaving", "server": "s1", "draining": True},
        {"worker_id": "old"}, {"worker_id": "elsewhere", "server": "s2"},
    )  # fmt: skip
    assert refused(await api.post(path)) == (status, code)
    entry, *_ = await api.entries(operator="script")
    assert json.loads(entry.details)["refused"] == code
    assert await worker_orders.newest(context.database) == []


async def test_while_the_registry_is_away_orders_are_given(api, context, monkeypatch):
    """They reach their worker through PostgreSQL, and expire when there is none."""

    async def away(*_):
        raise FacilityUnavailable("a test says so")

    monkeypatch.setattr(context.facilities.registry, "workers", away)
    assert (await api.post("/nodes/w9/replace")).status_code == 202


async def test_while_postgresql_is_away_workers_are_shown_without_orders(api, context, monkeypatch):
    """With the token for scripts, which asks nothing of PostgreSQL."""

    async def away(*_):
        raise Unavailable

    monkeypatch.setattr(worker_orders, "newest", away)
    shown = (await api("GET", "/nodes")).json()
    assert (shown["orders"], "PostgreSQL does not answer" in shown["away"], len(shown["nodes"])) == ([], True, 2)


@pytest.mark.parametrize("path", ROUTES)
async def test_orders_are_for_admins(api, path):
    """A moderator is refused with an entry, a player gets nothing, and a reason is asked for."""
    assert refused(await api.post(path, token=await api.token("moderator"))) == (403, "not_allowed")
    _, player = await api.register()
    assert refused(await api.post(path, token=player)) == (401, "not_authorized")
    assert refused(await api("POST", path, {})) == (422, "no_reason")
    assert await worker_orders.newest(api.context.database) == []


async def test_the_console_gives_orders(api, context, monkeypatch):
    """By forms of the page of the nodes, which lists them; an unknown order is refused."""
    workers(monkeypatch, context, {"worker_id": "w1", "server": "s1"}, {"worker_id": "w2", "server": "s1"})
    console = await Console.of(api, "admin")
    shown = await console.get("/nodes")
    assert "<option>w1</option>" in shown.text
    assert "Orders of the last hour none" in text_of(shown)
    for action, form in (("replace", {"worker": "w1"}), ("drain", {"worker": "w2"}), ("roll", {})):
        assert "Ordered, number" in text_of(await console.post(f"/nodes/{action}", **form))
    listed = text_of(await console.get("/nodes/table"))
    assert all(words in listed for words in ("waiting replace w1", "waiting drain w2", "waiting roll all workers"))
    assert (await console.post("/nodes/fill")).status_code == 409
    assert (await console.post("/nodes/restart")).status_code == 404
    assert (await console.post("/nodes/drain")).status_code == 400
    moderator = await Console.of(api, "moderator")
    assert "This needs the role admin" in text_of(await moderator.post("/nodes/roll"))
    assert "<fieldset disabled>" in (await moderator.get("/nodes")).text
