"""Look for players, kick, ban, mute: on one worker, over HTTP, and with what other workers learn."""

import asyncio
import json

import pytest
from echoes.storage.bans import FOREVER, Banned
from operating import PASSWORD, code_of, refused

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


async def test_players_are_found_by_name_account_and_address(api):
    """By the beginning, in any case, and by a name that looks the same; each look has an entry."""
    mara = await api.player()
    await api.context.database.rows(
        "test", "insert into visits (character_id, address, hour, worker) values ($1, '192.0.2.7', date_trunc('hour', now()), 'w')", mara.id
    )
    for asked in ({"name": mara.name[:9]}, {"name": mara.name.upper()}, {"account": mara.name}, {"address": "192.0.2.7"}):
        (found,) = (await api.get("/players", **asked)).json()
        assert (found["character_id"], found["account_id"], found["name"], found["online"]) == (mara.id, mara.account, mara.name, True)
        (entry, *_) = await api.entries(action="find")
        assert json.loads(entry.details) == {**asked, "found": 1}
    assert (await api.get("/players", address="192.0.2.8")).json() == []
    username, _ = await api.register()
    (without,) = (await api.get("/players", account=username)).json()
    assert (without["username"], without["character_id"], without["online"]) == (username, 0, False)
    assert refused(await api.get("/players")) == (400, "bad_request")
    assert refused(await api("GET", "/players", name=mara.name)) == (422, "no_reason")


@pytest.mark.parametrize("address", ["somewhere", "192.0.2.0/24", "2001:db8::/48", "192.0.2.7, 192.0.2.8"])
async def test_a_text_that_is_no_single_address_is_not_looked_for(api, address):
    """An empty answer would say that no player came from there."""
    assert refused(await api.get("/players", address=address)) == (422, "bad_address")
    (entry, *_) = await api.entries(action="find")
    assert json.loads(entry.details) == {"address": address, "refused": "bad_address"}


@pytest.mark.parametrize("written", ["2001:db8:0:7::9", "2001:DB8:0:7::/64", "2001:db8:0:7:1::/64"])
async def test_an_address_of_ipv6_is_found_by_its_network(api, written):
    """However it is written: a client is known by its network of 64 bits."""
    mara = await api.player()
    await api.context.database.rows(
        "test",
        "insert into visits (character_id, address, hour, worker) values ($1, '2001:db8:0:7::/64', date_trunc('hour', now()), 'w')",
        mara.id,
    )
    assert mara.id in [one["character_id"] for one in (await api.get("/players", address=written)).json()]


async def test_one_player_is_shown_whole(api):
    """Session, location, body, bag, quests, the account's characters, notes; a note with markup is text."""
    mara = await api.player()
    headers = {"authorization": f"Bearer {mara.token}"}
    other = (await api.http.post("/api/characters", json={"name": f"{mara.name} Beta"}, headers=headers)).json()
    assert (await api.post(f"/accounts/{mara.account}/notes", text="<script>alert(1)</script> asks for more")).status_code == 204
    state = (await api.get(f"/players/{mara.id}")).json()
    assert (state["username"], state["you"]["name"], state["location"]) == (mara.name, mara.name, "The Kiln Yard")
    assert state["session"]["worker"] == api.context.worker_id
    assert state["session"]["linkdead"] is False
    assert {one["template"] for one in state["inventory"]["items"]} >= {"ash_bread"}
    assert [one["id"] for one in state["characters"]] == [mara.id, other["id"]]
    assert [(one["operator"], one["text"]) for one in state["notes"]] == [("script", "<script>alert(1)</script> asks for more")]
    assert (state["ban"], state["mute"], state["role"]) == (None, None, None)
    assert (await api.get(f"/players/{other['id']}")).json()["session"] is None
    (entry,) = await api.entries(action="show", character_id=mara.id)
    assert (entry.account_id, entry.reason) == (mara.account, "a test asks for it")


@pytest.mark.parametrize("id_", [999_999_999, 2**63, 0])
async def test_a_player_that_does_not_exist_is_not_found(api, id_):
    """Neither shown nor acted upon, and the audit log has the refusal."""
    assert refused(await api.get(f"/players/{id_}")) == (404, "no_character")
    for action in ("kick", "ban", "unban", "mute", "unmute"):
        assert refused(await api.post(f"/accounts/{id_}/{action}")) == (404, "no_account")
        (entry, *_) = await api.entries(action=action)
        assert json.loads(entry.details)["refused"] == "no_account"


async def test_a_viewer_looks_and_does_nothing_else(api):
    """Each action is refused with an entry, and changes nothing; a moderator may do it."""
    mara, token = await api.player(), await api.token("viewer")
    assert (await api.get(f"/players/{mara.id}", token=token)).status_code == 200
    for action in ("kick", "ban", "unban", "mute", "unmute", "notes"):
        answer = await api.post(f"/accounts/{mara.account}/{action}", token=token, **({"text": "x"} if action == "notes" else {}))
        assert refused(answer) == (403, "not_allowed")
        assert "moderator; yours is viewer" in answer.json()["message"]
    entries = await api.entries(account_id=mara.account)
    assert [json.loads(one.details)["refused"] for one in entries if "refused" in one.details] == ["not_allowed"] * 6
    state = (await api.get(f"/players/{mara.id}")).json()
    assert (state["ban"], state["mute"], state["notes"]) == (None, None, [])
    assert (await api.post(f"/accounts/{mara.account}/notes", token=await api.token("moderator"), text="seen")).status_code == 204


async def test_only_an_admin_acts_on_an_operator(api):
    """A moderator cannot ban another operator; one who is banned signs in no more, and has no token that is good."""
    name, account, secret = await api.operator("viewer")
    token = (await api.sign_in(name, code_of(secret))).json()["access_token"]
    assert refused(await api.post(f"/accounts/{account}/ban", token=await api.token("moderator"))) == (403, "not_allowed")
    assert (await api.post(f"/accounts/{account}/ban", token=await api.token("admin"))).status_code == 200
    assert refused(await api("GET", "/me", token=token)) == (403, "banned")
    assert refused(await api.sign_in(name, code_of(secret, 1))) == (401, "wrong_password")


async def test_a_muted_player_does_not_speak(api):
    """In no way of speaking, with any character, over any connection; the words are read; other commands are carried out; an unmute ends it."""
    mara, tomas = await api.player(), await api.player()
    answer = await api.post(f"/accounts/{mara.account}/mute", minutes=30, notice="Be kind, <b>Mara</b>.")
    assert answer.status_code == 200
    shown = answer.json()["shown"]
    assert shown.startswith("You may not speak until ")
    for line in ("say hello", "emote waves", f"whisper {tomas.name} hello", "shout hello", "wave"):
        reply = await mara.type(line)
        assert (reply["ok"], reply["error"]["code"], reply["error"]["hint"]) == (False, "muted", "Be kind, <b>Mara</b>."), line
        assert shown.startswith(reply["error"]["message"])
    assert (await mara.type("look"))["ok"]
    assert (await tomas.type("say hello"))["ok"]
    headers = {"authorization": f"Bearer {mara.token}"}
    other = (await api.http.post("/api/characters", json={"name": f"{mara.name} Beta"}, headers=headers)).json()["id"]
    play = (await api.http.post(f"/api/characters/{other}/token", headers=headers)).json()["access_token"]
    said = await api.http.post("/api/game/command", json={"type": "say", "text": "hello"}, headers={"authorization": f"Bearer {play}"})
    assert refused(said) == (403, "muted")
    second = await api.post(f"/accounts/{mara.account}/mute", token=await api.token("moderator"))
    assert refused(second) == (409, "done_already")
    assert "by script: Be kind, <b>Mara</b>." in second.json()["message"]
    assert (await api.post(f"/accounts/{mara.account}/unmute")).status_code == 204
    assert (await mara.type("say hello"))["ok"]
    assert refused(await api.post(f"/accounts/{mara.account}/unmute")) == (422, "no_need")


@pytest.mark.parametrize(
    ("speech", "refuses", "words"),
    [
        (["shout"], {"shout hello"}, "You may not shout until"),
        (["whisper", "say"], {"say hello", "emote waves", "wave", "whisper {} hello"}, "You may not say or whisper until"),
        ([], {"say hello", "emote waves", "wave", "whisper {} hello", "shout hello"}, "You may not speak until"),
    ],
)
async def test_a_mute_of_some_speech_lets_the_rest_through(api, speech, refuses, words):
    """For each character of the account, also one that is made later; operators see which."""
    mara, tomas = await api.player(), await api.player()
    answer = await api.post(f"/accounts/{mara.account}/mute", minutes=30, notice="Quiet.", speech=speech)
    assert answer.json()["shown"].startswith(words)
    for line in ("say hello", "emote waves", "wave", "whisper {} hello", "shout hello"):
        reply = await mara.type(line.format(tomas.name))
        assert reply["ok"] == (line not in refuses), line
        assert reply["ok"] or (reply["error"]["code"] == "muted" and reply["error"]["message"].startswith(words))
    headers = {"authorization": f"Bearer {mara.token}"}
    other = (await api.http.post("/api/characters", json={"name": f"{mara.name} Beta"}, headers=headers)).json()["id"]
    assert (await api.context.service.row(other)).muted_speech == (await api.context.service.row(mara.id)).muted_speech
    state = (await api.get(f"/players/{mara.id}")).json()
    assert set(state["mute"]["speech"]) == set(speech)
    assert refused(await api.post(f"/accounts/{mara.account}/mute", speech=["sing"])) == (400, "bad_request")
    assert (await api.post(f"/accounts/{mara.account}/unmute")).status_code == 204
    assert (await mara.type("shout hello"))["ok"]


async def test_a_mute_is_over_by_itself(api):
    """Nothing has to happen for it."""
    mara = await api.player()
    assert (await api.post(f"/accounts/{mara.account}/mute", minutes=0.01)).status_code == 200
    assert (await mara.type("say hello"))["error"]["code"] == "muted"
    async with asyncio.timeout(5):
        while not (await mara.type("say hello"))["ok"]:
            await asyncio.sleep(0.1)


async def test_a_mute_costs_a_command_no_query(api):
    """The row that a command reads anyway has it."""
    mara = await api.player()
    await mara.type("say hello")
    before = api.context.database.queries.copy()
    await mara.type("say hello")
    asked = api.context.database.queries - before
    await api.post(f"/accounts/{mara.account}/mute")
    await mara.type("say hello")
    before = api.context.database.queries.copy()
    await mara.type("say hello")
    assert (api.context.database.queries - before - asked).keys() <= {"world.poll", "timers.soon"}


async def test_a_mute_reaches_a_worker_that_gets_no_message(api, monkeypatch):
    """The commit orders every worker to drop its copy: the next world poll carries it out."""
    mara = await api.player()
    await mara.type("say hello")

    async def nothing(*_):
        return None

    monkeypatch.setattr("echoes.ops.moderating.let_know", nothing)
    assert (await api.post(f"/accounts/{mara.account}/mute")).status_code == 200
    async with asyncio.timeout(5):
        while (await mara.type("say hello"))["ok"]:
            await asyncio.sleep(0.1)


async def test_a_banned_account_is_kept_out(api):
    """Of signing in, refreshing and playing over HTTP, with code, end and words; another account is not; an unban lets it in again."""
    mara, tomas = await api.player(), await api.player()
    headers = {"authorization": f"Bearer {mara.token}"}
    play = (await api.http.post(f"/api/characters/{mara.id}/token", headers=headers)).json()["access_token"]
    answer = await api.post(f"/accounts/{mara.account}/ban", notice="No <i>second</i> chance.")
    assert answer.json()["shown"] == "You are banned for good. No <i>second</i> chance."
    credentials = {"username": mara.name, "password": PASSWORD}
    answers = [
        await api.http.post("/api/auth/login", json=credentials),
        await api.http.post("/api/auth/refresh", headers=headers),
        await api.http.get("/api/characters", headers=headers),
        await api.http.post("/api/game/command", json={"type": "look"}, headers={"authorization": f"Bearer {play}"}),
    ]
    assert {refused(one) for one in answers} == {(403, "banned")}
    assert {one.json()["hint"] for one in answers} == {"No <i>second</i> chance."}
    wrong = await api.http.post("/api/auth/login", json={**credentials, "password": "another password"})
    assert refused(wrong) == (401, "wrong_password"), "a stranger does not learn of the ban"
    assert (await api.http.post("/api/auth/login", json={**credentials, "username": tomas.name})).status_code == 200
    second = await api.post(f"/accounts/{mara.account}/ban", token=await api.token("moderator"))
    assert refused(second) == (409, "done_already")
    assert "for good, by script: No <i>second</i> chance." in second.json()["message"]
    assert (await api.post(f"/accounts/{mara.account}/unban")).status_code == 204
    assert refused(await api.post(f"/accounts/{mara.account}/unban")) == (422, "no_need")
    assert (await api.http.post("/api/auth/login", json=credentials)).status_code == 200
    assert refused(await api.http.post("/api/auth/refresh", headers=headers)) == (401, "token_expired"), "sign-ins of before stay ended"


async def test_a_ban_is_over_by_itself(api):
    """Then the player signs in again, with the password."""
    mara = await api.player()
    assert (await api.post(f"/accounts/{mara.account}/ban", minutes=0.01)).status_code == 200
    credentials = {"username": mara.name, "password": PASSWORD}
    assert refused(await api.http.post("/api/auth/login", json=credentials)) == (403, "banned")
    async with asyncio.timeout(5):
        while (await api.http.post("/api/auth/login", json=credentials)).status_code != 200:
            await asyncio.sleep(0.1)


async def test_two_moderators_ban_at_the_same_moment(api):
    """One does it, the other sees what the first has done."""
    mara, tokens = await api.player(), [await api.token("moderator"), await api.token("moderator")]
    answers = await asyncio.gather(*(api.post(f"/accounts/{mara.account}/ban", token=token, notice="Out.") for token in tokens))
    assert sorted(one.status_code for one in answers) == [200, 409]
    (late,) = [one.json() for one in answers if one.status_code == 409]
    assert ": Out." in late["message"]


async def test_other_workers_end_connections_by_the_world_poll(api, other):
    """A ban and a kick reach the connections of another worker within about a second, with their words; later connections stay after a kick."""
    mara, ended = await api.player(), []
    claims = api.context.tokens.read("account", mara.token)

    async def until(number):
        async with asyncio.timeout(5):
            while len(ended) < number:
                await asyncio.sleep(0.05)

    with other.tokens.watched(claims, ended.append):
        await api.post(f"/accounts/{mara.account}/kick", notice="Come back tomorrow.")
        await asyncio.sleep(0.5)  # a worker takes the kick to be later than it was, by the time that the answer of its poll takes
        with other.tokens.watched(claims, lambda _: ended.append("a connection from after the kick")):
            await until(1)
    assert (ended[0].cause, ended[0].notice, len(ended)) == ("kick", "Come back tomorrow.", 1)
    with other.tokens.watched(claims, ended.append):
        await api.post(f"/accounts/{mara.account}/ban", notice="Out.")
        await until(2)
    assert (ended[1].cause, ended[1].notice, ended[1].until) == ("ban", "Out.", FOREVER)
    with pytest.raises(Banned, match="You are banned for good"):
        other.tokens.read("account", mara.token)


async def test_a_text_with_a_nul_is_refused(api):
    """PostgreSQL cannot keep it: in a word to look for, in a reason, in a notice, in a name. The audit log shows that one was there."""
    mara = await api.player()
    assert refused(await api.get("/players", name="a\0b")) == (422, "bad_text")
    assert refused(await api("GET", "/players", name="ab", reason="a\0b")) == (422, "bad_text")
    assert refused(await api.post(f"/accounts/{mara.account}/kick", notice="a\0b")) == (422, "bad_text")
    assert (await api.post(f"/characters/{mara.id}/rename", name="Marta\0")).status_code == 422
    (entry,) = await api.entries(action="kick", account_id=mara.account)
    assert json.loads(entry.details) == {"notice": "a\ufffdb", "refused": "bad_text"}


async def test_a_control_character_is_refused_wherever_it_stands(api):
    """In a reason, in words for the player and in a search: with an entry that shows it, and no internal error."""
    mara = await api.player()
    account, character = f"/accounts/{mara.account}", f"/characters/{mara.id}"
    for path, body in (
        (f"{account}/kick", {"reason": "a\0b"}),
        (f"{account}/mute", {"reason": "because", "notice": "a\0b"}),
        (f"{account}/notes", {"reason": "because", "text": "a\0b"}),
        (f"{character}/heal", {"reason": "because", "notice": "a\0b"}),
        ("/address-bans", {"reason": "because", "network": "a\0b"}),
        ("/announcements/arranged/a%00b/cancel", {"reason": "because"}),
    ):
        assert refused(await api("POST", path, body)) == (422, "bad_text"), path
    assert (await api.entries(action="kick"))[0].reason == "a\ufffdb"
    for query in ({"name": "a\0b"}, {"account": "a\0b"}, {"address": "a\0b"}):
        assert refused(await api("GET", "/players", reason="because", **query)) == (422, "bad_text"), query
