"""The story of a character, everything on record about an account, and its end."""

import asyncio
import json

import pytest
from arena import settle_scores
from echoes.game.facts import Died
from echoes.world import trade
from echoes.world.model import REMAINS
from operating import PASSWORD, SCRIPT, refused
from postgres import execute

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


@pytest.fixture
async def sword(api):
    """A thing that can be lost: the id of its kind, and its name."""
    id_ = next(id_ for id_, one in api.context.world.items.items() if not one.stackable and one.type == "weapon")
    return id_, api.context.world.items[id_].name


async def armed(api, sword):
    """A player with one."""
    mara = await api.player()
    assert (await api.post(f"/characters/{mara.id}/give", item=sword[0])).status_code == 200
    return mara


async def story(api, player, **asked):
    return [(one["kind"], one["text"]) for one in (await api.get(f"/players/{player.id}/story", **asked)).json()]


def transfers(lines, name):
    """The way of a thing, from owner to owner."""
    return [text.partition("]: ")[2] for kind, text in lines if kind == "transfer" and text.startswith(name)]


async def test_a_sword_that_was_given_away_is_found(api, sword):
    """The receiver has it, and the fact names the receiver."""
    mara, tomas = await armed(api, sword), await api.player()
    assert (await mara.type(f"give {sword[1]} to {tomas.name}"))["ok"]
    lines = await story(api, mara)
    assert transfers(lines, sword[1])[-1] == f"{mara.name} → {tomas.name}, by {mara.name}"
    assert ("fact", f"gave item {sword[1]}, quantity 1, to {tomas.name}") in lines


async def test_a_sword_that_was_dropped_and_decayed_is_found(api, sword, monkeypatch):
    """Another player's litter made it decay: the story follows the thing beyond the bag."""
    mara, tomas = await armed(api, sword), await api.player()
    assert (await mara.type(f"drop {sword[1]}"))["ok"]
    monkeypatch.setattr("echoes.game.litter.LITTER", 0)
    assert (await tomas.type("drop 1 bread"))["ok"]
    where = "the ground of The Kiln Yard"
    assert transfers(await story(api, mara), sword[1])[-2:] == [
        f"{mara.name} → {where}, by {mara.name}", f"{where} → gone (decay), by {tomas.name}",
    ]  # fmt: skip


async def test_a_sword_that_was_sold_is_found(api, sword):
    """The fact has the trader and the price."""
    world = api.context.world
    trader, place = next(
        (npc, id_) for id_, location in world.locations.items() for npc in location.npcs if sword[0] in trade.buys(world.npcs[npc])
    )
    mara = await armed(api, sword)
    if place != world.start.location:
        assert (await api.post(f"/characters/{mara.id}/move", location_id=place)).status_code == 204
    assert (await mara.type(f"sell {sword[1]}"))["ok"]
    lines = await story(api, mara)
    assert transfers(lines, sword[1])[-1] == f"{mara.name} → gone (trade), by {mara.name}"
    assert any(kind == "fact" and text.startswith(f"sold item {sword[1]}, quantity 1, npc {trader}, scrap ") for kind, text in lines)


async def test_a_sword_that_was_lost_with_remains_is_found(api, sword):
    """It lay in the remains until they were gone."""
    mara = await armed(api, sword)

    async def dies(deed):
        deed.changes += [
            {"op": "corpse", "id": 815, "character": mara.id, "location_id": "kiln_yard", "template": REMAINS, "label": mara.name, "seconds": 600},
            {"op": "timer", "kind": "decay", "subject": "container:815", "in": 3600, "payload": {"location_id": "kiln_yard"}},
        ]  # fmt: skip
        deed.ledger.append({"template": REMAINS, "quantity": 1, "reason": "death"})
        deed.fact(Died(location_id="kiln_yard"))

    await api.context.service.intervene(mara.id, dies)
    lines = await story(api, mara)
    assert transfers(lines, sword[1])[-1] == f"{mara.name} → remains [815] (death), by {mara.name}"
    assert ("fact", "died location The Kiln Yard") in lines
    await api.context.database.rows("test", "update timers set due_at = 1 where subject = 'container:815'")
    async with asyncio.timeout(10):
        while transfers(await story(api, mara), sword[1])[-1] != "remains [815] → gone (decay)":
            await asyncio.sleep(0.1)
    await settle_scores(api.context.database.url)


async def test_the_story_has_everything_in_its_order(api):
    """Sessions with addresses, commands by their answers, facts, ledger, actions of operators; each look at it has an entry."""
    mara = await api.player()
    await api.context.database.rows(
        "test",
        "insert into visits (character_id, address, hour, worker) values ($1, '192.0.2.9', date_trunc('hour', now()), 'w1')",
        mara.id,
    )
    dropped = await mara.type("drop 1 bread")
    assert dropped["ok"]
    assert (await api.post(f"/accounts/{mara.account}/notes", text="seen")).status_code == 204
    answer = await api.get(f"/players/{mara.id}/story", hours=1)
    lines = answer.json()
    (command,) = [one for one in lines if one["kind"] == "command"]
    assert command["correlation_id"] == dropped["correlation_id"]
    assert {one["correlation_id"] for one in lines if one["kind"] != "command"} == {""}
    assert [one["at"] for one in lines] == sorted(one["at"] for one in lines)
    assert {one["kind"] for one in lines} == {"session", "command", "fact", "ledger", "transfer", "audit"}
    text = "\n".join(one["text"] for one in lines)
    for expected in ("1 sessions from 192.0.2.9", "drop: You drop", "dropped item", ": kit", "script: note", "because: a test asks for it"):
        assert expected in text
    assert (await api.entries(action="story", character_id=mara.id))[0].reason == "a test asks for it"
    await api.context.database.rows("test", "update facts set at = at - interval '2 hours' where character_id = $1", mara.id)
    assert not [kind for kind, _ in await story(api, mara, hours=1) if kind == "fact"]
    assert refused(await api.get("/players/999999999/story")) == (404, "no_character")
    assert refused(await api.get(f"/players/{mara.id}/story", hours=5000)) == (400, "bad_request")


async def test_everything_about_an_account_is_exported(api):
    """Rows of all kinds, and neither secrets nor other people's names; only an admin may."""
    mara, tomas = await api.player(), await api.player()
    await mara.type("drop 1 bread")
    await tomas.type(f"report {mara.name} shouts")
    await api.post(f"/accounts/{mara.account}/notes", text="seen")
    path = f"/accounts/{mara.account}/export"
    assert refused(await api.get(path, token=await api.token("moderator"))) == (403, "not_allowed")
    found = (await api.get(path)).json()
    assert (found["account"]["username"], [one["name"] for one in found["characters"]]) == (mara.name, [mara.name])
    for part in ("things", "commands", "facts", "ledger", "transfers", "reports_about", "notes", "operators_actions"):
        assert found[part], part
    text = json.dumps(found)
    assert not [word for word in ("password_hash", "argon2", 'mark"', tomas.name, '"script"') if word in text]
    assert (await api.entries(action="export", account_id=mara.account))[0].operator == "script"
    assert refused(await api.get("/accounts/999999999/export")) == (404, "no_account")


async def test_an_erased_account_leaves_sums_and_no_words(api):
    """Its tokens die at once, its body leaves the world, its names and texts are nowhere; the username is free; the sums are right."""
    mara, tomas, url = await api.player(), await api.player(), api.context.database.url
    await tomas.type(f"report {mara.name} says: my name is {mara.name}")
    await mara.type(f"report {tomas.name} is called by {mara.name}")
    await mara.type("drop 1 bread")
    await api.post(f"/accounts/{mara.account}/notes", text=f"{mara.name} again")
    await api.post(f"/characters/{mara.id}/give", item="scrap", quantity=7)
    await api.http.post("/api/auth/login", json={"username": mara.name, "password": "a wrong guess"})
    renamed = f"{mara.name[:9]}ilona"
    await api.post(f"/characters/{mara.id}/rename", name=renamed)
    for asked in ({"name": mara.name.upper()}, {"account": mara.name}, {"name": renamed}):
        await api.http.get(
            "/api/ops/players", params={"reason": f"{mara.name} asks", **asked}, headers={"authorization": f"Bearer {SCRIPT}"}
        )
    await api.post(f"/characters/{tomas.id}/rename", name=renamed)
    path = f"/accounts/{mara.account}/erase"
    assert refused(await api.post(path, token=await api.token("moderator"))) == (403, "not_allowed")
    assert (await api.post(path)).status_code == 204
    headers = {"authorization": f"Bearer {mara.token}"}
    assert refused(await api.http.get("/api/characters", headers=headers)) == (401, "token_expired")
    tables = ("accounts", "characters", "commands", "visits", "notes", "audit", "attempts", "items", "facts", "transfers", "ledger")
    for table in tables:
        rows = await execute(url, f"select to_jsonb(t)::text as row from {table} t")  # noqa: S608 - constants
        words = [row["row"] for row in rows if mara.name.casefold() in row["row"].casefold() or renamed.casefold() in row["row"].casefold()]
        # The reporter's own recorded answer has the name until newer commands displace it.
        assert [one for one in words if "You have reported" not in one] == [], table
    reports = await execute(url, "select reporter, reported, reason from reports order by id desc limit 2")
    assert [tuple(one) for one in reports] == [("", tomas.name, "erased"), (tomas.name, "", f"says: my name is {mara.name}")]
    await settle_scores(url)
    (scrap,) = await execute(url, f"select sum(quantity) from ledger where template = 'scrap' and character_id = {mara.id}")  # noqa: S608
    assert scrap["sum"] == 0
    async with asyncio.timeout(15):
        while await api.context.facilities.registry.locate(mara.id) is not None:
            await asyncio.sleep(0.1)
        while (await mara.type("look"))["ok"]:
            await asyncio.sleep(0.1)
    login = await api.http.post("/api/auth/login", json={"username": mara.name, "password": PASSWORD})
    assert refused(login) == (401, "wrong_password")
    made = await api.http.post("/api/auth/register", json={"username": mara.name, "password": PASSWORD})
    assert made.status_code == 201
    entry, *others = await api.entries(account_id=mara.account)
    assert (entry.action, entry.reason) == ("erase", "a test asks for it")
    assert {one.reason for one in others} == {""}
    assert refused(await api.get(f"/players/{mara.id}")) == (404, "no_character")
    _, operator, _ = await api.operator("viewer")
    assert refused(await api.post(f"/accounts/{operator}/erase")) == (422, "not_possible")


async def test_lines_in_reports_are_exported_and_erased_with_their_speaker(api):
    """The speaker's own lines alone; what others said stays in the report."""
    mara, tomas = await api.player(), await api.player()
    await tomas.type(f"report {mara.name} shouts")
    said = [
        {"at": "2026-01-01T00:00:00+00:00", "kind": "say", "sender_id": one.id, "sender": one.name, "message": f"{one.name} says: hello"}
        for one in (mara, tomas)
    ]
    database = api.context.database
    await database.rows("test", "update reports set heard = $1::jsonb where reported_id = $2", json.dumps(said), mara.id)
    (number,) = await database.rows("test", "select id from reports where reported_id = $1", mara.id)
    assert (await api.get(f"/reports/{number['id']}")).json()["heard"] == said
    assert (await api.get(f"/accounts/{mara.account}/export")).json()["lines_in_reports"] == [said[0]]
    assert (await api.post(f"/accounts/{mara.account}/erase")).status_code == 204
    assert (await api.get(f"/reports/{number['id']}")).json()["heard"] == [said[1]]
    assert (await api.post(f"/accounts/{tomas.account}/erase")).status_code == 204
    assert (await api.get(f"/reports/{number['id']}")).json()["heard"] == []


async def test_a_request_over_http_answers_its_correlation_id(api):
    """In a header, also of a refusal; each request has another one, and the record the same."""
    mara = await api.player()
    headers = {"authorization": f"Bearer {mara.token}"}
    play = (await api.http.post(f"/api/characters/{mara.id}/token", headers=headers)).json()["access_token"]
    headers = {"authorization": f"Bearer {play}"}
    bodies = ({"type": "line", "text": "drop 1 bread"}, {"type": "line", "text": "nonsense"}, {"type": "look"})
    ids = [(await api.http.post("/api/game/command", json=body, headers=headers)).headers["correlation-id"] for body in bodies]
    assert len(set(ids)) == 3
    assert [one["correlation_id"] for one in (await api.get(f"/players/{mara.id}/story")).json() if one["kind"] == "command"] == [ids[0]]
