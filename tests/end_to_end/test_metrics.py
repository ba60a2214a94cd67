"""The metrics that an operator sees of a running server, and of several workers on one host."""

import ast
import asyncio
import contextlib
import os
import re
import time
from pathlib import Path
from typing import get_args

import httpx
import pytest
from echoes.game.commands import CORE
from echoes.game.core_timers import TIMERS
from echoes.game.facts import Fact
from echoes.game.kinds import KINDS
from echoes.metrics import counting, host
from echoes.plugins.loading import PROVIDERS
from echoes.resilience.breaker import STATES
from player import Player
from postgres import a_database
from prometheus_client.parser import text_string_to_metric_families
from server import Server

CORE_SOURCES = list(Path(host.__file__).parents[1].rglob("*.py"))


def samples(server, path="/metrics"):
    """The samples of a scrape: {(name, labels): value}."""
    answer = httpx.get(f"{server.url}{path}")
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def of(found, name, **labels):
    """The sum of the samples of that name with (at least) these labels."""
    return sum(value for (one, its), value in found.items() if one == name and labels.items() <= dict(its).items())


async def test_connections_commands_and_messages_are_counted(server):
    """Connections, welcomes, commands by name and outcome, messages published and delivered."""
    before = samples(server)
    mara, tomas = await Player.join(server), await Player.join(server)
    for line in ("say hello", "north", "flarn", "drop 1 bread", "zzrt over", "x" * 40):
        await mara.type(line)
    await mara.raw("no json")
    await tomas.until(lambda: tomas.heard("hello"))
    await tomas.disconnect()
    await tomas.connect(resume=True)
    after = samples(server)

    def more(name, **labels):
        return of(after, name, **labels) - of(before, name, **labels)

    assert more("echoes_connections_opened_total") == 3
    assert more("echoes_connections_closed_total", reason="left") == 1
    assert more("echoes_welcomes_total") == 3
    assert more("echoes_reconnects_total", recovered="yes") == 1
    assert more("echoes_connections") == more("echoes_players") == 2
    assert more("echoes_commands_total", command="say", outcome="ok") == 1
    assert more("echoes_commands_total", command="move", outcome="ok") == 1
    assert more("echoes_commands_total", command="unknown", outcome="unknown") == 3
    assert more("echoes_commands_total", command="unknown", outcome="unreadable") == 1
    assert more("echoes_command_seconds_count", family="talking") == 1
    assert more("echoes_messages_published_total", channel="location") >= 3
    assert more("echoes_events_delivered_total", channel="location") >= 2
    assert more("echoes_delivery_seconds_count", channel="location") >= 2
    assert more("echoes_query_seconds_count", purpose="commit") == 2
    assert (more("echoes_facts_total", type="moved"), more("echoes_facts_total", type="dropped")) == (1, 1)
    assert of(after, "echoes_worker_cpu_seconds_total", worker="0") > of(before, "echoes_worker_cpu_seconds_total", worker="0") > 0
    assert more("echoes_snapshots_sent_total", reason="welcome") == 3
    assert more("echoes_cache_reads_total", kind="inventory") > 0
    assert of(after, "echoes_world_lock_held") == 1
    assert of(after, "echoes_readiness", status="ok") == 1
    assert of(after, "echoes_pool_connections") >= 2
    assert of(after, "echoes_subscribers", channel="player") == of(after, "echoes_players")


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ('{"type":"hello","token":"forged","client":"abcdefgh"}', "not_allowed"),
        ("no hello", "bad_frame"),
        ("x" * 10_000, "frame_too_large"),
        (None, "left"),
    ],
)
async def test_a_connection_that_fails_is_counted_by_reason(server, first, reason):
    """Whether it was sent away or went."""
    before = samples(server)
    mara = Player(server)
    await mara.open()
    if first is None:
        await mara.disconnect()
    else:
        await mara.raw(first)
        await mara.until(lambda: mara.closed)
    deadline = time.monotonic() + 10
    while of(found := samples(server), "echoes_connection_failures_total", reason=reason) == of(before, "echoes_connection_failures_total", reason=reason):  # fmt: skip
        assert time.monotonic() < deadline, found
    assert of(found, "echoes_connections_closed_total", reason=reason) == of(before, "echoes_connections_closed_total", reason=reason) + 1
    assert of(found, "echoes_connection_failures_total") == of(before, "echoes_connection_failures_total") + 1


@pytest.mark.parametrize("code", [1000, 4008, 4501])
async def test_an_unknown_close_code_is_counted_as_a_leave(server, code):
    """A client may close with any number; only the server's codes are counted by their meaning."""
    before = samples(server)
    mara = await Player.join(server)
    await mara.leave(code)
    deadline = time.monotonic() + 10
    while of(found := samples(server), "echoes_connections_closed_total") == of(before, "echoes_connections_closed_total"):
        assert time.monotonic() < deadline
    assert of(found, "echoes_connections_closed_total", reason="left") == of(before, "echoes_connections_closed_total", reason="left") + 1


def test_no_command_has_failed_by_a_mistake_yet_is_shown(server):
    """Of every command and of every task, so that the first mistake is an increase (alert EchoesMistakes)."""
    found = samples(server)
    mistakes = {
        dict(labels)["command"] for name, labels in found if name == "echoes_commands_total" and dict(labels)["outcome"] == "internal"
    }
    assert mistakes >= {spec.name for spec in CORE}
    crashes = {dict(labels)["task"] for name, labels in found if name == "echoes_task_runs_total" and dict(labels)["outcome"] == "crashed"}
    assert crashes == {dict(labels)["task"] for name, labels in found if name == "echoes_task_interval_seconds"}
    assert {dict(labels)["place"] for name, labels in found if name == "echoes_crashes_total"} == set(get_args(counting.Place))


async def test_a_displaced_connection_is_counted_as_such(server):
    """Not as one that left, and not as a failure: it was let in once."""
    before = samples(server)
    mara = await Player.join(server)
    again = Player(server)
    again.token = mara.token
    await again.connect()
    await mara.until(lambda: mara.closed)
    after = samples(server)
    for name, more in (("echoes_connections_closed_total", 1), ("echoes_connection_failures_total", 0)):
        assert of(after, name, reason="signed_in_elsewhere") - of(before, name, reason="signed_in_elsewhere") == more


def purposes():
    """The purposes of PostgreSQL's queries, as the code names them."""
    calls = (node for path in CORE_SOURCES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"row", "rows", "transaction"} and call.args and isinstance(call.args[0], ast.Constant)
    }  # fmt: skip


def task_names():
    """Background work, as the code names it."""
    return {
        name
        for path in CORE_SOURCES
        for called, listed in re.findall(
            r"every(?:_leased)?\(\s*[\w./ *]+, \"([\w-]+)\"|^        \(\"([\w-]+)\", [\w./ ]+, ",
            path.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
        for name in (called or listed,)
    }


VOCABULARY = {
    "worker": {"0"},
    "reason": {*counting.REASONS.values(), "left", "welcome", "gap", "full", "address", "origin", "slow", "large"},
    "recovered": {"yes", "no"},
    "command": {spec.name for spec in CORE} | {"help", "unknown"},
    "outcome": {*counting.OUTCOMES.values(), "ok", "refused", "flood", "unreadable", "done", "failed", "crashed", "taken"}
    | {"wrong", "throttled"},
    "family": {spec.handler.__module__.rpartition(".")[2] for spec in CORE} | {"help", "unknown", "extension"},
    "channel": {*counting.CLASSES.values(), "location", "player", "other"},
    "purpose": purposes(),
    "state": {"used", "idle", *STATES},
    "backend": {"memory", "memory:cache"},
    "facility": set(PROVIDERS),
    "operation": {name for _, protocol in PROVIDERS.values() for name in vars(protocol)},
    "kind": {kind.name for kind in KINDS.values()}
    | {timer.kind for timer in TIMERS}
    | {"session", "unavailable", "stale_epoch", "lease_lost", "other", "cancelled"},
    "result": {"hit", "miss", "bypass"},
    "arm": {"cache", "database"},
    "task": task_names(),
    "place": set(get_args(counting.Place)),
    "type": {kind.__struct_config__.tag for kind in Fact.__subclasses__() if kind.__module__ == Fact.__module__} | {"extension"},
    "direction": {"in", "out"},
    "status": {"ok", "degraded", "unready"},
}


async def test_labels_are_words_of_the_code(server):
    """No label value comes from names, lines or frames of players: each is in a vocabulary that the code fixes."""
    mara, tomas = await Player.join(server), await Player.join(server)
    for line in (
        f"say {mara.name}",
        f"whisper {tomas.name} hi",
        f"give 1 bread to {tomas.name}",
        "look shelf",
        "help move",
        f"{mara.name}",
        "n",
    ):
        await mara.type(line)
    await mara.raw('{"type":"of my own making","id":1}')
    strange = [
        (name, label, value)
        for name, labels in samples(server)
        if name.startswith("echoes_")
        for label, value in labels
        if label != "le" and value not in VOCABULARY[label]
    ]
    assert not strange


# ── several workers on one host ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def two_workers(postgres, tmp_path):
    """Two server processes that count into one folder, as two workers of one host do, each over a city of its own."""
    folder = host.fresh_folder(tmp_path / "metrics")
    with contextlib.ExitStack() as stack:
        workers = []
        for slot in ("0", "1"):
            url = stack.enter_context(a_database(postgres))
            environ = {"ECHOES_DATABASE_URL": url, "ECHOES_WORKER_SLOT": slot, host.FOLDER: str(folder)}
            workers.append(stack.enter_context(Server(environ)))
        yield folder, *workers


async def test_any_worker_answers_for_all_and_each_for_itself(two_workers):
    """`/metrics` is the sum, from any worker; `/metrics/worker` is the one that answers, with its process."""
    _, first, second = two_workers
    players = [await Player.join(first), await Player.join(second), await Player.join(second)]
    for player in players:
        await player.type("say hello")
    samples(first)  # each looks at its gauges when it is asked
    for asked in (second, first):
        found = samples(asked)
        assert of(found, "echoes_commands_total", command="say") == 3
        assert of(found, "echoes_command_seconds_count", family="talking") == 3
        assert of(found, "echoes_players") == 3
        assert of(found, "echoes_players", worker="0") == of(found, "echoes_connections", worker="0") == 1
        assert of(found, "echoes_players", worker="1") == 2
    for asked, number, slot in ((first, 1, "0"), (second, 2, "1")):
        found = samples(asked, "/metrics/worker")
        assert of(found, "echoes_commands_total", command="say") == number
        assert {dict(labels)["worker"] for name, labels in found if name == "echoes_players"} == {slot}
        assert of(found, "process_start_time_seconds") > 0


async def test_a_dead_workers_counters_are_kept_and_its_gauges_removed(two_workers):
    """No count is lost or doubled, and the worker's files do not pile up, however often workers die."""
    folder, first, second = two_workers
    for server in (first, second):
        await (await Player.join(server)).type("say hello")
    before = samples(first)
    for _ in range(2):
        pid = second._process.pid
        second.kill()
        host.forget_worker(pid, folder)
        found = samples(first)
        for name in (
            "echoes_commands_total",
            "echoes_command_seconds_count",
            "echoes_connections_opened_total",
            "echoes_delivery_seconds_bucket",
        ):
            assert of(found, name) == of(before, name), name
        assert of(found, "echoes_players") == 1
        assert {name for name, labels in found if ("worker", "1") in labels} <= {"echoes_worker_cpu_seconds_total"}, "a counter is kept"
        assert {re.fullmatch(r".*_(\d+)\.db", file.name).group(1) for file in folder.glob("*.db")} == {"0", str(first._process.pid)}
        second.start()
    assert of(samples(second), "echoes_commands_total", command="say") == 2


async def test_the_gauges_of_a_worker_that_hangs_are_hidden(two_workers):
    """The values that the worker reported are out of date; when it answers again they are back, and counters stay all the while."""
    folder, first, second = two_workers
    for server in (first, second):
        await (await Player.join(server)).type("say hello")
    async with asyncio.timeout(20):
        while of(before := samples(first), "echoes_players", worker="1") != 1:
            await asyncio.sleep(0.05)
    pid = second._process.pid
    host.hide_gauges(pid, folder, hidden=True)
    found = samples(first)
    assert of(before, "echoes_players") - of(found, "echoes_players") == 1
    assert {name for name, labels in found if ("worker", "1") in labels} <= {"echoes_worker_cpu_seconds_total"}, "a counter is kept"
    assert of(found, "echoes_commands_total", command="say") == of(before, "echoes_commands_total", command="say")
    host.hide_gauges(pid, folder, hidden=False)
    found = samples(first)
    assert of(found, "echoes_players", worker="1") == 1
    assert of(found, "echoes_readiness", worker="1", status="ok") == 1


def test_a_torn_file_of_a_dead_worker_is_dropped(tmp_path):
    """The metrics stay readable."""
    (tmp_path / "counter_4711.db").write_bytes(b"\xff\xff\x00\x00" + os.urandom(60))
    host.forget_worker(4711, tmp_path)
    assert [file.name for file in tmp_path.glob("*.db")] == []


def test_forgetting_where_nothing_is_kept_is_no_mistake(tmp_path, monkeypatch):
    """A supervisor need not know whether there are metrics."""
    monkeypatch.delenv(host.FOLDER, raising=False)
    host.forget_worker(4711)
    host.forget_worker(4711, tmp_path / "nowhere")


def test_a_fresh_folder_is_empty(tmp_path):
    """The counts of a former run are not counted again."""
    (tmp_path / "counter_1.db").write_bytes(b"old")
    assert list(host.fresh_folder(tmp_path).glob("*.db")) == []


# ── who may ask ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
@pytest.mark.parametrize("path", ["/metrics", "/metrics/worker", "//metrics", "/%6detrics"])
def test_metrics_are_not_served_through_a_proxy(server, path, header):
    """A request with a forwarded address gets 404, for every path that the proxy lets through."""
    assert httpx.get(f"{server.url}{path}").status_code == 200
    asked = httpx.get(f"{server.url}{path}", headers={header: "for=192.0.2.1"})
    assert (asked.status_code, asked.json()["code"]) == (404, "not_found")
    assert "echoes_" not in asked.text
