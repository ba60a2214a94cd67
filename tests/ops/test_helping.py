"""Reports are decided; characters are moved, healed, given to, taken from, renamed; all players read announcements."""

import asyncio
import json

import msgspec
import pytest
from arena import settle_scores
from echoes.world.combat import Fight, Fighter
from operating import Listening, refused

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


def listening(api, *players, places=()):
    return Listening(api.context, *(f"player:{one.id}" for one in players), *(f"location:{one}" for one in places))


async def row_of(api, player):
    (row,) = await api.context.database.rows("test", "select * from characters where id = $1", player.id)
    return row


# ── reports ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_report_is_read_whole_and_decided_once(api):
    """The list has no texts and no authors; the second moderator sees what the first has decided."""
    mara, tomas = await api.player(), await api.player()
    assert (await mara.type(f"report {tomas.name} shouts <script>"))["ok"]
    line = next(one for one in (await api("GET", "/reports")).json() if one["reported"] == tomas.name)
    assert line.keys() == {"id", "at", "reported_id", "reported", "location_id", "decided"}
    assert refused(await api("GET", f"/reports/{line['id']}")) == (422, "no_reason")
    report = (await api.get(f"/reports/{line['id']}")).json()
    assert (report["reporter"], report["account_id"], report["reason"]) == (mara.name, mara.account, "shouts <script>")
    assert (report["reported_account"], report["decision"]) == (tomas.account, "")
    answers = [await api.post(f"/reports/{line['id']}/decide", token=await api.token("moderator"), decision="muted") for _ in range(2)]
    assert answers[0].status_code == 204
    assert refused(answers[1]) == (409, "done_already")
    assert ": muted" in answers[1].json()["message"]
    assert line["id"] not in {one["id"] for one in (await api("GET", "/reports")).json()}
    assert line["id"] in {one["id"] for one in (await api("GET", "/reports", decided="true")).json()}
    entries = await api.entries(action="decide", character_id=tomas.id)
    assert json.loads(entries[0].details) == {"report": line["id"], "decision": "muted"}
    assert refused(await api.get("/reports/999999")) == (404, "no_report")
    assert refused(await api.post("/reports/999999/decide", decision="x")) == (404, "no_report")
    assert refused(await api.post(f"/reports/{line['id']}/decide", decision=" ")) == (422, "incomplete")


# ── changes of a character ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_character_is_moved(api):
    """Row, cache, body and session agree; the player, the old place and the new one read of it."""
    mara, world = await api.player(), api.context.world
    place = next(iter(set(world.locations) - {world.start.location}))
    async with listening(api, mara, places=(world.start.location, place)) as heard:
        assert (await api.post(f"/characters/{mara.id}/move", location_id=place)).status_code == 204
        moved = await heard.sees("moved")
        assert (moved["location_id"], moved["forced"]) == (place, True)
        assert world.locations[place].name in moved["message"]
        assert (await heard.sees("player_left"))["player"]["id"] == mara.id
        assert (await heard.sees("player_arrived"))["player"]["id"] == mara.id
    assert (await row_of(api, mara))["location_id"] == place
    assert await api.context.facilities.registry.locate(mara.id) == place
    assert (await api.context.facilities.sessions.read(mara.id)).location_id == place
    assert (await mara.type("look"))["data"]["location"]["id"] == place
    assert refused(await api.post(f"/characters/{mara.id}/move", location_id=place)) == (422, "already_there")
    assert refused(await api.post(f"/characters/{mara.id}/move", location_id="nowhere")) == (422, "no_location")
    (entry, *_) = await api.entries(action="move", character_id=mara.id, account_id=mara.account)
    assert json.loads(entry.details) == {"refused": "no_location", "to": "nowhere"}
    assert json.loads((await api.entries(action="move", character_id=mara.id))[2].details) == {"to": place}


async def test_a_character_is_healed(api):
    """Health and stamina are whole; what bleeds ends, what helps stays."""
    mara = await api.player()
    effects = '[{"id": "bleeding", "since": 1, "until": 9000000000}, {"id": "well_fed", "since": 1, "until": 9000000000}]'
    await api.context.database.rows(
        "test", "update characters set hp = 1, stamina = 0, effects = $2::jsonb, version = version + 1 where id = $1", mara.id, effects
    )
    async with listening(api, mara) as heard:
        assert (await api.post(f"/characters/{mara.id}/heal", notice="There.")).status_code == 204
        notified = await heard.sees("notified")
    you = notified["you"]
    assert (notified["message"], you["hp"], you["stamina"]) == ("There.", you["max_hp"], you["max_stamina"])
    assert [one["id"] for one in you["effects"]] == ["well_fed"]
    row = await row_of(api, mara)
    assert (row["hp"], row["stamina"]) == (row["max_hp"], row["max_stamina"])
    assert [one["id"] for one in json.loads(row["effects"])] == ["well_fed"]


async def test_things_are_given_and_taken_through_the_ledger(api):
    """Stacks, pieces and scrap; the player sees the bag change; what cannot be is refused, and nothing changes."""
    mara, url = await api.player(), api.context.database.url
    async with listening(api, mara) as heard:
        answer = await api.post(f"/characters/{mara.id}/give", item="ash_bread", quantity=3, notice="Sorry for the rat.")
        assert answer.json()["done"].endswith("×3")
        received = await heard.sees("item_received")
        assert received["message"] == "Sorry for the rat."
        assert [one["template"] for one in received["items"]] == ["ash_bread"]
    before = {one["template"]: one["quantity"] for one in (await mara.type("i"))["data"]["inventory"]["items"]}
    assert before["ash_bread"] >= 3
    poker = next(id_ for id_, one in api.context.world.items.items() if not one.stackable and one.type == "weapon")
    assert (await api.post(f"/characters/{mara.id}/give", item=poker, quantity=2)).status_code == 200
    assert (await api.post(f"/characters/{mara.id}/give", item="scrap", quantity=50)).json()["done"] == "50 scrap"
    assert (await api.post(f"/characters/{mara.id}/take", item="scrap", quantity=20)).status_code == 200
    assert (await row_of(api, mara))["scrap"] == 30
    name = api.context.world.items[poker].name
    assert (await api.post(f"/characters/{mara.id}/take", item=name)).status_code == 200
    for action, body, expected in (
        ("give", {"item": "unicorn"}, (422, "no_item")),
        ("give", {"item": poker, "quantity": 21}, (422, "too_many")),
        ("give", {"item": "ash_bread", "quantity": 100_000}, (422, "too_heavy_for_them")),
        ("take", {"item": "unicorn"}, (422, "not_carried")),
        ("take", {"item": "ash_bread", "quantity": 99}, (422, "too_few")),
        ("take", {"item": "scrap", "quantity": 31}, (422, "too_few")),
        ("take", {"item": "scrap", "quantity": 0}, (400, "bad_request")),
    ):
        assert refused(await api.post(f"/characters/{mara.id}/{action}", **body)) == expected, (action, body)
    database = api.context.database
    left = await database.rows("test", "select quantity from items where owner = $1 and template = $2", f"character:{mara.id}", poker)
    assert [one["quantity"] for one in left] == [1]
    booked = await database.rows(
        "test", "select template, quantity from ledger where reason = 'operator' and character_id = $1 order by id", mara.id
    )
    assert [tuple(one) for one in booked] == [("ash_bread", 3), (poker, 1), (poker, 1), ("scrap", 50), ("scrap", -20), (poker, -1)]
    await settle_scores(url)


async def test_a_character_in_a_fight_is_left_as_it_is(api):
    """A fight has a copy of its fighters: it is settled first."""
    mara = await api.player()
    fighters = (Fighter(f"character:{mara.id}", mara.name, 0, 5, 5), Fighter("npc:1", "a hound", 1, 5, 5))
    fight = msgspec.json.encode(Fight("kiln_yard", 1, 1, fighters, {})).decode()
    await api.context.database.rows(
        "test", "insert into combats (id, location_id, until, fight) values (4711, 'kiln_yard', 9000000000, $1::jsonb)", fight
    )
    await api.context.database.rows("test", "update characters set combat = 4711, version = version + 1 where id = $1", mara.id)
    before = await row_of(api, mara)
    for action, body in (
        ("move", {"location_id": "cinder_steps"}),
        ("heal", {}),
        ("give", {"item": "scrap"}),
        ("take", {"item": "ash_bread"}),
    ):
        assert refused(await api.post(f"/characters/{mara.id}/{action}", **body)) == (422, "in_fight")
    assert await row_of(api, mara) == before
    await api.context.database.rows("test", "delete from combats where id = 4711")


async def test_a_character_is_renamed(api):
    """The body, the session, the cached row and those around have the new name; the former one is free."""
    mara, tomas = await api.player(), await api.player()
    name = f"{mara.name[:8]}elle"
    async with listening(api, mara, places=("kiln_yard",)) as heard:
        answer = await api.post(f"/characters/{mara.id}/rename", name=name)
        assert answer.json() == {"done": f"{mara.name} is {name}"}
        assert (await heard.sees("player_renamed"))["player"] == {"id": mara.id, "name": name}
        assert (await heard.sees("notified"))["you"]["name"] == name
    assert (await tomas.type(f"whisper {name} hello"))["ok"]
    assert (await api.context.facilities.sessions.read(mara.id)).name == name
    async with listening(api, places=("kiln_yard",)) as heard:
        assert (await mara.type("say it is me"))["ok"]
        async with asyncio.timeout(5):
            while not any(one["type"] == "chat" and one["data"]["sender"]["name"] == name for one in heard.events):
                await asyncio.sleep(0.02)
    (entry, *_) = await api.entries(action="rename", character_id=mara.id)
    assert json.loads(entry.details) == {"former": mara.name, "name": name}
    for wanted, expected in (
        (tomas.name, (409, "name_taken")), (tomas.name.lower().capitalize().replace("i", "í"), (409, "name_taken")), ("Admin", (422, "name_reserved")),
        ("<b>Mara</b>", (422, "bad_name")), ("x", (422, "bad_name")),
    ):  # fmt: skip
        assert refused(await api.post(f"/characters/{mara.id}/rename", name=wanted)) == expected, wanted
    assert (await row_of(api, mara))["name"] == name
    assert refused(await api.post("/characters/999999999/rename", name="Ilona")) == (404, "no_character")


async def test_a_viewer_changes_no_character(api):
    """Each action is refused, by the address as well, and the row stays as it was."""
    mara, token = await api.player(), await api.token("viewer")
    before = await row_of(api, mara)
    for action, body in (
        ("move", {"location_id": "cinder_steps"}), ("heal", {}), ("give", {"item": "scrap"}), ("take", {"item": "ash_bread"}), ("rename", {"name": "Ilona"}),
    ):  # fmt: skip
        assert refused(await api.post(f"/characters/{mara.id}/{action}", token=token, **body)) == (403, "not_allowed")
    assert refused(await api.post("/announcements", token=token, text="hello")) == (403, "not_allowed")
    assert await row_of(api, mara) == before


async def test_two_operators_change_one_character_at_the_same_moment(api):
    """Both take effect, one after the other, and both are on record."""
    mara = await api.player()
    answers = await asyncio.gather(*(api.post(f"/characters/{mara.id}/give", item="scrap", quantity=10) for _ in range(5)))
    assert {one.status_code for one in answers} == {200}
    assert (await row_of(api, mara))["scrap"] == 50
    assert len(await api.entries(action="give", character_id=mara.id)) == 5
    await settle_scores(api.context.database.url)


# ── announcements ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_announcement_reaches_the_channel_of_all_players(api):
    """Once, also if the worker dies before it has published it: the sweep finds its row."""
    async with Listening(api.context, "game:broadcast") as heard:
        assert (await api.post("/announcements", text="A restart at ten, <b>be ready</b>.")).status_code == 204
        data = await heard.sees("announced")
        assert data["message"] == "Announcement: A restart at ten, <b>be ready</b>."
        assert [one["type"] for one in heard.events] == ["announcement"]
    assert refused(await api.post("/announcements", text=" ")) == (422, "incomplete")
    assert refused(await api.post("/announcements", text="two\nlines")) == (422, "bad_text")
    async with Listening(api.context, "game:broadcast") as heard:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("echoes.game.outbox.PAYING", 0.0)

            async def dies(*_):
                return None

            patched.setattr(api.context.outbox, "publish_recorded", dies)
            await api.post("/announcements", text="Left behind.")
            patched.undo()
            patched.setattr("echoes.game.outbox.PAYING", 0.0)
            await api.context.database.rows(
                "test", "update occurrences set created = now() - interval '1 minute' where kind = 'announcement'"
            )
            await api.context.outbox.sweep()
        assert (await heard.sees("announced"))["message"] == "Announcement: Left behind."
