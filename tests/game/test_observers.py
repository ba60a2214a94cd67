"""Observers of facts: batches, types, failures, and where an observer stands; over PostgreSQL, without a worker."""

import asyncio

import pytest
from echoes import metrics
from echoes.errors import ConfigurationError, Unavailable
from echoes.game import observers
from echoes.game.observers import Observer, checked, observe
from echoes.log_limit import LOG_LIMIT
from echoes.storage.database import connect
from structlog.testing import capture_logs


@pytest.fixture
async def database(database_url, monkeypatch):
    """A migrated database; a batch is two facts."""
    monkeypatch.setattr(observers, "BATCH", 2)
    LOG_LIMIT.forget()
    async with connect(database_url, pool=2, timeout=5.0, slow=1.0) as opened:
        yield opened


class Watcher:
    """An observer's `see`: the batches that it got; it raises `fails` while that is set."""

    def __init__(self) -> None:
        self.batches, self.fails = [], None

    async def __call__(self, facts):
        self.batches.append([one.fact["npc"] for one in facts])
        if self.fails is not None:
            raise self.fails

    def observer(self, *types):
        return Observer("watcher", self, frozenset(types))


@pytest.fixture
def watcher():
    return Watcher()


async def happen(database, *names, kind="npc_arrived"):
    """Facts of these NPCs, in one transaction."""
    sql = "insert into facts (character_id, type, body) select 7, $2, jsonb_build_object('npc', name) from unnest($1::text[]) name"
    await database.rows("test", sql, list(names), kind)


def counted(outcome):
    return metrics.OBSERVED.labels("watcher", outcome)._value.get()


async def until(database, observer, condition):
    """Observe until that holds: facts are read when no older transaction is under way."""
    async with asyncio.timeout(20):
        while not condition():
            await observe(database, observer)


async def test_an_observer_gets_facts_in_batches_from_when_it_is_known(database, watcher):
    """True means that the batch was full. A fact has its id, its moment and its fields; none comes twice."""
    await happen(database, "before")
    assert not await observe(database, watcher.observer())
    seen = []

    async def see(facts):
        seen.extend(facts)
        await watcher(facts)

    observer, done = Observer("watcher", see), counted("done")
    await happen(database, "a", "b", "c", "d", "e")
    while not await observe(database, observer):  # a transaction of this PostgreSQL may still be under way
        assert watcher.batches == []
    assert [await observe(database, observer) for _ in range(3)] == [True, False, False]
    assert watcher.batches == [["a", "b"], ["c", "d"], ["e"]]
    assert counted("done") == done + 5
    (row,) = await database.rows("test", "select extract(epoch from at)::float8 as at from facts where id = $1", seen[0].id)
    assert (seen[0].at, seen[0].fact) == (row["at"], {"type": "npc_arrived", "character_id": 7, "npc": "a"})
    assert [one.id for one in seen] == sorted({one.id for one in seen})
    await happen(database, "f")
    await until(database, observer, lambda: len(watcher.batches) > 3)
    assert watcher.batches[3:] == [["f"]]


async def test_an_observer_gets_the_types_that_it_wants(database, watcher):
    """It is not called for others, and comes past a batch of them."""
    observer = watcher.observer("npc_arrived")
    await observe(database, observer)
    await happen(database, "a", "b", "c", kind="other")
    await happen(database, "d")
    await until(database, observer, lambda: watcher.batches)
    assert watcher.batches == [["d"]]


@pytest.mark.parametrize(
    ("fails", "error", "is_traced"),
    [
        (ValueError("broken"), "broken", True), (ValueError(), "ValueError", True), (Unavailable(), str(Unavailable()), False),
        (TimeoutError(), "TimeoutError", False),
    ],
    ids=["error", "without-text", "expected", "late"],
)  # fmt: skip
async def test_an_observer_that_fails_gets_the_same_facts_again(database, watcher, fails, error, is_traced):
    """It is logged once a minute, with a traceback for a bug alone, and counted each time."""
    observer, failed = watcher.observer(), counted("failed")
    await observe(database, observer)
    await happen(database, "a", "b", "c")
    watcher.fails = fails
    with capture_logs() as logs:
        await until(database, observer, lambda: watcher.batches)
        assert await observe(database, observer) is False
    assert watcher.batches == [["a", "b"]] * 2
    assert counted("failed") == failed + 4
    (line,) = [one for one in logs if one["event"] == "observer.failed"]
    assert (line["observer"], line["facts"], line["error"], line["times"], line["exc_info"]) == ("watcher", 2, error, 1, is_traced)
    watcher.fails = None
    assert await observe(database, observer)
    assert not await observe(database, observer)
    assert watcher.batches[2:] == [["a", "b"], ["c"]]


async def test_an_observer_that_takes_too_long_gets_the_same_facts_again(database, monkeypatch):
    """It is cancelled; a cancellation from outside is none of its failures."""
    entered, ended = asyncio.Event(), []

    async def see(facts):
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(len(facts))

    observer = Observer("watcher", see)
    await observe(database, observer)
    await happen(database, "a")
    monkeypatch.setattr(observers, "SECONDS", 0.01)
    with capture_logs() as logs:
        await until(database, observer, lambda: ended)
    assert [one["error"] for one in logs if one["event"] == "observer.failed"] == ["TimeoutError"]
    monkeypatch.setattr(observers, "SECONDS", 600.0)
    entered.clear()
    observing = asyncio.create_task(observe(database, observer))
    await entered.wait()
    observing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await observing
    assert ended == [1, 1]


def test_observers_are_refused_clearly(watcher):
    """Two of one name, and something else than an observer."""
    one, other = watcher.observer(), Observer("other", watcher)
    assert checked([one, other]) == [one, other]
    with pytest.raises(ConfigurationError, match="two observers are called 'watcher'"):
        checked([one, other, watcher.observer("died")])
    with pytest.raises(ConfigurationError, match="'watch' as an observer"):
        checked([one, "watch"])
