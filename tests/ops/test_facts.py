"""Operators follow the facts: in an order in which none is skipped, bounded, with filters, and with entries in the audit log."""

import asyncio
import json
import signal
import sys

import asyncpg
import pytest
from console import Console, text_of
from echoes.ops import looks, tail
from echoes.storage import database as postgres
from echoes.storage import fact_pages
from operating import BECAUSE, SCRIPT, refused
from player import Player
from postgres import a_database
from server import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
ADD = "insert into facts (character_id, type, body) values ($1, $2, $3::jsonb)"


async def place(api):
    """The place behind all facts that are there."""
    return (await api.get("/facts", count=1)).json()["after"]


async def follow(api, after, **query):
    """The facts since then, in the order of the pages, and the place behind them."""
    found = []
    while True:
        page = (await api.get("/facts", after=after, **query)).json()
        found += page["facts"]
        after = page["after"]
        if not page["more"]:
            return found, after


async def add(api, kind, number=1, character=None):
    """Commit facts of a kind, each in a transaction of its own."""
    for n in range(number):
        await api.context.database.rows("test", ADD, character, kind, json.dumps({"n": n}))


async def test_facts_are_followed_in_their_order(api):
    """Each once, with the name of the character and the names of the content; the newest come first of all."""
    mara = await api.player()
    after = await place(api)
    assert (await mara.type("drop 1 bread"))["ok"]
    assert (await mara.type("get bread"))["ok"]
    found, after = await follow(api, after, character=mara.id)
    assert [(one["kind"], one["name"], one["character_id"]) for one in found] == [(one, mara.name, mara.id) for one in ("dropped", "took")]
    bread = api.context.world.items["ash_bread"].name
    assert found[0]["text"].startswith(f"dropped item {bread}, quantity 1")
    assert await follow(api, after) == ([], after)
    newest = (await api.get("/facts", count=2, character=mara.id)).json()
    assert ([one["id"] for one in newest["facts"]], newest["more"]) == ([one["id"] for one in found], False)


async def test_a_world_without_facts_has_a_place_to_begin_at(database_url):
    """The first fact of all comes behind it."""
    async with postgres.connect(database_url, pool=2, timeout=5.0) as database:
        empty = await fact_pages.newest(database, (), 0, 10)
        assert (empty.facts, empty.more) == ([], False)
        assert await fact_pages.following(database, empty.after, (), 0, 10) == fact_pages.FactPage((), empty.after, more=False)
        await database.rows("test", ADD, None, "moved", "{}")
        found = await fact_pages.following(database, fact_pages.place_of(empty.after.text), (), 0, 10)
        assert [one.type for one in found.facts] == ["moved"]
        assert (await fact_pages.newest(database, (), 0, 10)).after == found.after


async def test_a_fact_that_is_committed_late_is_not_skipped(api, url):
    """It has a smaller id than one that is committed already: that one waits for it, and both come in their order."""
    after = await place(api)
    slow = await asyncpg.connect(url)
    try:
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute(ADD, None, "late.first", "{}")
        await add(api, "late.second")
        assert [one for one in (await follow(api, after))[0] if one["kind"].startswith("late.")] == []
        await transaction.commit()
    finally:
        await slow.close()
    found = [one for one in (await follow(api, after))[0] if one["kind"].startswith("late.")]
    assert [one["kind"] for one in found] == ["late.first", "late.second"]
    assert found[0]["id"] < found[1]["id"]


async def test_a_transaction_without_changes_holds_nothing_up(api, url):
    """As a backup has one."""
    reader = await asyncpg.connect(url)
    try:
        async with reader.transaction(isolation="repeatable_read"):
            await reader.fetch("select count(*) from facts")
            after = await place(api)
            await add(api, "reader.seen")
            assert [one["kind"] for one in (await follow(api, after, kind="reader.seen"))[0]] == ["reader.seen"]
    finally:
        await reader.close()


async def test_facts_are_filtered_by_kind_and_character(api):
    """By several kinds, too; of another character none comes."""
    mara, tomas = await api.player(), await api.player()
    after = await place(api)
    for player in (mara, tomas):
        await add(api, "filter.one", 2, player.id)
        await add(api, "filter.two", 1, player.id)
    await add(api, "filter.two")
    found, _ = await follow(api, after, kind=["filter.one", "filter.two"])
    assert [one["character_id"] for one in found] == [mara.id] * 3 + [tomas.id] * 3 + [0]
    found, _ = await follow(api, after, kind="filter.one", character=tomas.id)
    assert [(one["kind"], one["name"]) for one in found] == [("filter.one", tomas.name)] * 2


async def test_a_page_is_bounded_and_looks_at_a_bounded_number_of_facts(api, monkeypatch):
    """Where none of them is asked for the page is empty, and the next one continues behind them."""
    monkeypatch.setattr(fact_pages, "SCANNED", 10)
    after = await place(api)
    await add(api, "bound.often", 25)
    await add(api, "bound.rare")
    page = (await api.get("/facts", after=after, kind="bound.rare")).json()
    assert (page["facts"], page["more"], page["after"] != after) == ([], True, True)
    assert [one["kind"] for one in (await follow(api, after, kind="bound.rare"))[0]] == ["bound.rare"]
    page = (await api.get("/facts", after=after, kind="bound.often", count=3)).json()
    assert ([one["text"] for one in page["facts"]], page["more"]) == ([f"bound.often n {n}" for n in range(3)], True)
    assert len((await follow(api, after, kind="bound.often", count=3))[0]) == 25
    assert refused(await api.get("/facts", count=501)) == (400, "bad_request")


async def test_pages_are_read_by_an_index(database_url):
    """Without a look at the whole table, which a server that runs for a week has filled."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "insert into facts (xid, character_id, type, body)"
            " select (n / 3)::text::xid8, n % 100, 'k' || n % 7, '{}' from generate_series(1, 50000) n"
        )
        await connection.execute("analyze facts")
        await connection.execute("set plan_cache_mode = force_generic_plan")
        for sql, more in ((fact_pages.NEXT, ("5", 0)), (fact_pages.NEWEST, ())):
            rows = await connection.fetch(f"explain {sql}", 5000, ["k1"], 7, 100, *more)
            plan = "\n".join(row[0] for row in rows)
            assert ("Seq Scan" in plan, "facts_xid" in plan) == (False, True), plan
    finally:
        await connection.close()


async def test_a_look_at_facts_is_in_the_audit_log_once_in_ten_minutes(api, monkeypatch):
    """Not once for each page. Another reason or another filter is another look; without a reason nothing is shown."""
    token, mara = await api.token("viewer"), await api.player()
    reason = "a test follows the facts"

    async def look(**query):
        assert (await api("GET", "/facts", token=token, **{"reason": reason, **query})).status_code == 200
        return len(await api.entries(action="facts", reason=query.get("reason", reason)))

    assert [await look() for _ in range(3)] == [1, 1, 1]
    assert await look(kind="died") == 2
    assert await look(character=mara.id) == 3
    assert [one.character_id for one in await api.entries(action="facts", character_id=mara.id)] == [mara.id]
    assert await look(reason="another reason of this test") == 1
    monkeypatch.setattr(looks, "SECONDS", 0.0)
    assert await look() == 4
    assert refused(await api("GET", "/facts", token=token)) == (422, "no_reason")
    _, player = await api.register()
    assert refused(await api.get("/facts", token=player)) == (401, "not_authorized")


def test_looks_that_are_kept_apart_are_bounded(monkeypatch):
    """The oldest is forgotten, and needs another entry."""
    monkeypatch.setattr(looks, "MOST", 2)
    one = looks.Looks()
    for look in ("a", "b", "c"):
        assert one.due((look,))
        one.entered((look,))
    assert [one.due((look,)) for look in ("a", "b", "c")] == [True, False, False]
    one.entered(("b",))
    one.entered(("a",))
    assert [one.due((look,)) for look in ("a", "b", "c")] == [False, False, True], "the one with the oldest entry"


@pytest.mark.parametrize("after", ["x", "1", "1-", "-1", "1-x", "1--1", "1-1-1", "٣-1", f"{2**64}-1", f"1-{2**63}", "1-1; drop", "\0"])
async def test_a_place_that_is_none_is_refused(api, after):
    """In words, with what to do."""
    answer = await api.get("/facts", after=after)
    assert (answer.status_code, "Send `after` of an answer back" in answer.text) == (400, True), answer.text


async def test_a_kind_and_a_character_that_do_not_exist_are_refused(api):
    """With the nearest kind. A kind with a dot may be one of an extension that is gone, and has no facts."""
    answer = await api.get("/facts", kind="mooved")
    assert (refused(answer), "Did you mean moved?" in answer.text) == ((400, "bad_request"), True)
    assert refused(await api.get("/facts", character=999999999)) == (404, "no_character")
    assert refused(await api.get("/facts", character=-1)) == (404, "no_character")
    assert (await api.get("/facts", kind="gone.plugin")).json()["facts"] == []
    assert {"moved", "took", "died"} <= set(tail.all_kinds())


async def test_the_console_follows_facts(api):
    """A page with the newest, and a part with those since then; it asks for a reason, and refuses in words."""
    console, mara = await Console.of(api, "viewer"), await api.player()
    asked = await console.get("/facts")
    assert ("Reason of the look" in asked.text, 'id="facts"' in asked.text) == (True, False)
    await add(api, "console.seen", 1, mara.id)
    shown = await console.look("/facts", kind="console.seen", name=mara.name.lower())
    assert f"{mara.name} console.seen n 0" in text_of(shown)
    after = shown.text.partition('name="after" value="')[2].partition('"')[0]
    assert text_of(await console.look("/facts/next", after=after, kind="console.seen", character_id=mara.id)) == ""
    await add(api, "console.seen", 2, mara.id)
    part = await console.look("/facts/next", after=after, kind="console.seen", character_id=mara.id)
    assert (part.text.index("n 1") < part.text.index("n 0"), 'hx-swap-oob="true"' in part.text) == (True, True)
    assert "There is no kind of facts" in text_of(await console.look("/facts", kind="mooved"))
    assert "There is no character" in text_of(await console.look("/facts", name="Qqqqq"))
    assert (await console.look("/facts/next", after="x", headers={"hx-request": "true"})).status_code == 400


class Tail:
    """`echoes ops tail` in a process of its own."""

    def __init__(self, server, *words) -> None:
        self.server, self.words, self.lines = server, words, []

    async def __aenter__(self):
        environ = {**self.server.environ, "ECHOES_OPS_URL": self.server.url, "ECHOES_OPS_TOKEN": SCRIPT}
        command = [sys.executable, "-m", "echoes", "ops", "tail", "--reason", BECAUSE, *self.words]
        self.process = await asyncio.create_subprocess_exec(
            *command, env=environ, cwd=self.server.folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        return self

    async def __aexit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def until(self, words):
        """Read lines until one has these words; returns it."""
        async with asyncio.timeout(30):
            while words not in (line := (await self.process.stdout.readline()).decode()):
                assert line, "".join(self.lines)
                self.lines.append(line)
        self.lines.append(line)
        return line


@pytest.fixture
def server(postgres):
    """A server that a test stops and starts."""
    with a_database(postgres) as url, Server({"ECHOES_DATABASE_URL": url, "ECHOES_OPS_TOKEN": SCRIPT}) as server:
        yield server


async def test_the_command_line_follows_facts_until_ctrl_c(server):
    """It shows the newest, then each that comes, also after the server was away; Ctrl-C is no error."""
    mara = await Player.join(server)
    await mara.type("drop 1 bread")
    async with Tail(server, "--character", mara.name, "--kind", "dropped", "--kind", "took") as following:
        assert f"{mara.name} ({mara.id})" in await following.until("dropped item")
        await mara.type("get bread")
        await following.until("took item")
        server.stop()
        await following.until("does not answer")
        server.start()
        await following.until("the server answers again")
        await mara.connect(resume=True)
        await mara.type("drop 1 bread")
        await following.until("dropped item")
        following.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(10):
            assert await following.process.wait() == 0
    async with Tail(server, "--once", "--count", "1", "--kind", "dropped") as once:
        await once.until("dropped item")
        async with asyncio.timeout(10):
            assert await once.process.wait() == 0
