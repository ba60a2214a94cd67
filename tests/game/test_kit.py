"""A newcomer's kit is personal: used and worn, and neither dropped nor given, so that accounts made by the dozen leave no litter."""

import httpx
import pytest
from argon2 import PasswordHasher
from cluster import Someone, cluster, someone
from echoes.app import create_app
from echoes.storage import accounts, commits
from echoes.storage.commits import Placed, Stale, new_item_id
from echoes.web.passwords import Passwords
from postgres import execute

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
SUMS = (
    "select template, sum(quantity) from (select template, quantity from items union all select template, -quantity from ledger) s"
    " where template in ('ash_bread', 'patched_coat') and template not in (select template from ledger where reason = 'world')"
    " group by template having sum(quantity) <> 0"
)


@pytest.fixture
async def context(database_url, tmp_path, monkeypatch):
    monkeypatch.setattr("echoes.app.Passwords", lambda: Passwords(CHEAP))
    async with cluster(database_url, tmp_path) as (context,):
        yield context


async def newcomer(context, name="Mara"):
    """A player who has just woken: two loaves and a coat, all personal."""
    account = await accounts.create_account(context.database, name, name.casefold(), "hash")
    kit = [Placed(new_item_id(), "ash_bread", 2, None, personal=True), Placed(new_item_id(), "patched_coat", 1, 40, personal=True)]
    one = Someone(context, await accounts.create_character(context.database, account.id, name, name.casefold(), context.world.start, kit))
    await one.enter()
    return one


@pytest.mark.parametrize("line", ["drop bread", "drop 1 bread", "give bread to Tomas", "give 1 bread to Tomas", "drop coat", "drop {id}"])
async def test_it_is_neither_dropped_nor_given(context, database_url, line):
    """Not even a part of a stack, nor by its id; and nothing has changed."""
    mara, _ = await newcomer(context), await someone(context, "Tomas")
    (bread,) = await execute(database_url, "select id from items where personal and template = 'ash_bread'")
    before = await execute(database_url, "select * from items order by id")
    refused = await mara.type(line.format(id=bread["id"]))
    assert refused["error"]["code"] == "personal"
    assert "you woke with it" in refused["error"]["message"]
    assert await execute(database_url, "select * from items order by id") == before


async def test_it_is_used_and_worn(context, database_url):
    """Through the ledger, as anything else; and the client sees that it is personal."""
    mara = await newcomer(context)
    await execute(database_url, "update characters set stamina = 1")
    await mara.enter()
    shown = {one["template"]: one.get("personal", False) for one in (await mara.type("i"))["data"]["inventory"]["items"]}
    assert shown == {"ash_bread": True, "patched_coat": True}
    for line in ("eat bread", "wear coat", "remove coat"):
        assert (await mara.type(line))["ok"], line
    assert [tuple(row) for row in await execute(database_url, "select quantity, personal from items where template = 'ash_bread' and owner like 'character:%'")] == [(1, True)]  # fmt: skip
    assert await execute(database_url, SUMS) == []


async def test_things_that_a_player_gets_later_are_not_personal(context):
    """They lie beside the personal stack, and a drop takes them first; the personal stack cannot be dropped."""
    mara, tomas = await newcomer(context), await someone(context, "Tomas")
    assert (await tomas.type("give 1 bread to Mara"))["ok"]
    await mara.enter()
    assert (await mara.type("drop 2 bread"))["error"]["code"] == "too_few"
    assert (await mara.type("drop bread"))["ok"]
    assert (await mara.type("drop bread"))["error"]["code"] == "personal"
    assert (await mara.type("get bread"))["ok"]
    assert (await mara.type("give bread to Tomas"))["ok"], "what was picked up has not joined the personal stack"


async def test_postgresql_lets_nothing_personal_change_hands(context, database_url):
    """For every decision of a worker."""
    mara = await newcomer(context)
    (bread,) = await execute(database_url, "select id, version, owner from items where personal and template = 'ash_bread'")
    (row,) = await execute(database_url, "select version, epoch from characters")
    changes = [
        {"op": "character", "id": mara.id, "version": row["version"], "set": {}},
        {"op": "update", "id": bread["id"], "version": bread["version"], "owner": bread["owner"], "new_owner": "location:kiln_yard"},
    ]
    with pytest.raises(Stale):
        await commits.commit(
            context.database, character_id=mara.id, epoch=row["epoch"], client="c", number=1, reply=b"{}", events=b"[]", changes=changes
        )


@pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
@pytest.mark.parametrize("personal", [True, False])
async def test_a_new_character_has_a_personal_kit_unless_the_setting_is_off(database_url, tmp_path, monkeypatch, personal):
    monkeypatch.setattr("echoes.app.Passwords", lambda: Passwords(CHEAP))
    settings = {} if personal else {"personal_kit": False}
    async with (
        cluster(database_url, tmp_path, **settings) as (context,),
        httpx.AsyncClient(transport=httpx.ASGITransport(create_app(context)), base_url="http://here") as http,
    ):
        made = await http.post("/api/auth/register", json={"username": "mara", "password": "a long password"})
        headers = {"authorization": f"Bearer {made.json()['access_token']}"}
        assert (await http.post("/api/characters", json={"name": "Mara"}, headers=headers)).status_code == 201
    rows = await execute(database_url, "select personal from items where owner like 'character:%'")
    assert {row["personal"] for row in rows} == {personal}
    assert len(rows) >= len(context.world.start.kit)
