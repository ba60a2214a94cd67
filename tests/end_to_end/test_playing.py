"""Two players on a real server: what each is sent, frame by frame."""

import asyncio
import json

import httpx
from player import Player
from postgres import execute


async def test_players_see_each_other_arrive_talk_and_leave(server):
    """Each receives the events of the other."""
    mara, tomas = await Player.join(server), await Player.join(server)
    assert (await mara.sees("player_arrived"))["player"]["name"] == tomas.name
    await tomas.type("say good evening")
    assert (await mara.sees("say"))["message"] == f"{tomas.name} says: “good evening”"
    assert (await tomas.type("n"))["ok"]
    left = await mara.sees("player_left")
    assert (left["player"]["id"], left["direction"]) == (tomas.id, "north")
    moved = await tomas.sees("moved")
    assert moved["location"]["id"] == "market_square"
    assert [place["id"] for place in moved["map"] if place.get("explored")] == ["kiln_yard", "market_square"]


async def test_a_new_character_is_welcomed_with_its_arrival_once(server):
    """Its text is in the first welcome, so that it can be shown before the place; the event brings the same; no later welcome has it."""
    mara = await Player.join(server)
    assert mara.welcome["arrival"] == (await mara.sees("woke"))["message"]
    await mara.disconnect()
    assert not (await mara.connect(resume=True)).get("arrival")


async def test_of_many_players_that_take_one_thing_one_gets_it(server):
    """A thing is one row; the other players get the answer that it is gone."""
    players = [await Player.join(server) for _ in range(6)]
    lantern = next(one["id"] for one in players[0].welcome["snapshot"]["location"]["items"] if one["template"] == "storm_lantern")
    replies = await asyncio.gather(*(one.do(type="pick_up", item=str(lantern)) for one in players))
    assert sorted(reply["ok"] for reply in replies) == [False] * 5 + [True]
    assert {reply["error"]["code"] for reply in replies if not reply["ok"]} == {"not_here"}


async def test_a_repeated_command_takes_effect_once(server):
    """The stored reply comes back, byte for byte, and the welcome has the last known number."""
    mara = await Player.join(server)
    first = await mara.type("drop bread")
    mara.unanswered[1] = {"type": "line", "id": 1, "text": "drop bread"}
    mara.replies.clear()
    await mara.disconnect()
    welcome = await mara.connect(resume=True)
    assert welcome["last_command"] == 1
    await mara.send_again()
    again = await mara.until(lambda: mara.replies.get(1))
    assert again == first
    bread = [one for one in welcome["snapshot"]["location"]["items"] if one["template"] == "ash_bread"]
    assert [one["quantity"] for one in bread] == [2]


async def test_a_sentence_sent_again_after_a_move_is_not_published_in_the_new_location(server):
    """Its reply comes back; players of the new location receive nothing."""
    mara, tomas = await Player.join(server), await Player.join(server)
    assert (await tomas.type("n"))["ok"]
    first = await mara.type("say hello")
    assert (await mara.type("n"))["ok"]
    mara.replies.clear()
    await mara.raw(json.dumps({"type": "line", "id": 1, "text": "say hello"}))
    assert await mara.until(lambda: mara.replies.get(1)) == first
    assert (await mara.type("say goodbye"))["ok"]
    await tomas.until(lambda: tomas.heard("goodbye"))
    assert tomas.heard("hello") == 0


async def test_a_command_older_than_the_window_is_not_done_again(server):
    """Sixteen replies are kept; what is older is known to be done."""
    mara = await Player.join(server)
    await mara.type("drop 1 bread")
    for _ in range(9):
        await mara.type("get 1 bread")
        await mara.type("drop 1 bread")
    while await execute(server.database_url, "select from commands where not published"):
        await asyncio.sleep(0.02)  # a row is kept until its events are known to be out
    await mara.type("get 1 bread")
    await mara.disconnect()
    await mara.connect()
    mara.replies.clear()
    await mara.raw(json.dumps({"type": "line", "id": 1, "text": "drop 1 bread"}))
    reply = await mara.until(lambda: mara.replies.get(1))
    assert reply["data"]["command"] == "already_done"


async def test_a_returning_player_receives_the_missed_messages(server):
    """Each message once, in order, from the client's last position."""
    mara, tomas = await Player.join(server), await Player.join(server)
    await tomas.type("say before")
    await mara.until(lambda: mara.heard("before"))
    await mara.disconnect()
    for number in range(20):
        await tomas.type(f"say {number}")
    welcome = await mara.connect(resume=True)
    assert welcome["recovered"]
    await mara.until(lambda: mara.heard("19"))
    assert [one["data"]["text"] for one in mara.events if one["type"] == "chat"] == ["before", *map(str, range(20))]


async def test_a_player_moved_while_away_misses_no_message_of_the_new_location(server):
    """The personal channel has the position of the new location's channel."""
    mara, tomas = await Player.join(server), await Player.join(server)
    await tomas.type("n")
    await mara.disconnect()
    async with httpx.AsyncClient(base_url=server.url, headers={"authorization": f"Bearer {mara.token}"}) as http:
        assert (await http.post("/api/game/move", json={"direction": "north"})).status_code == 200
    await tomas.type("say while you were on your way")
    welcome = await mara.connect(resume=True)
    assert welcome["recovered"]
    assert welcome["snapshot"]["location"]["id"] == "market_square"
    await mara.until(lambda: mara.heard("while you were on your way"))


async def test_the_newest_sign_in_wins(server):
    """The older connection is closed with 4501 and can do nothing more; the others notice nothing."""
    mara, tomas = await Player.join(server), await Player.join(server)
    other = Player(server)
    other.id, other.token, other.name = mara.id, mara.token, mara.name
    await other.connect()
    await mara.until(lambda: mara.closed)
    assert mara.closed == 4501
    await other.type("say still me")
    await tomas.until(lambda: tomas.heard("still me"))
    assert not [one for one in tomas.events if one["type"] != "chat" and one["data"].get("player", {}).get("id") == mara.id]


async def test_a_move_over_http_reaches_the_socket(server):
    """The hub that holds the socket receives the event of a move from any worker."""
    mara = await Player.join(server)
    async with httpx.AsyncClient(base_url=server.url, headers={"authorization": f"Bearer {mara.token}"}) as http:
        answer = await http.post("/api/game/move", json={"direction": "north"}, headers={"idempotency-key": "one"})
        again = await http.post("/api/game/move", json={"direction": "north"}, headers={"idempotency-key": "one"})
        state = await http.get("/api/game/state")
    assert answer.json() == again.json()
    assert state.json()["you"]["location_id"] == "market_square"
    assert (await mara.sees("moved"))["location_id"] == "market_square"
    assert (await mara.type("look"))["data"]["location"]["id"] == "market_square"


async def test_an_idempotency_key_belongs_to_one_command(server):
    """A move, a sentence or a look. With another command it is refused, and nothing happens."""
    mara, tomas = await Player.join(server), await Player.join(server)
    say, other, look = {"type": "say", "text": "once"}, {"type": "say", "text": "something else"}, {"type": "look"}
    async with httpx.AsyncClient(base_url=server.url, headers={"authorization": f"Bearer {mara.token}"}) as http:

        async def ask(key, command):
            return await http.post("/api/game/command", json=command, headers={"idempotency-key": key})

        for key, first, second in (("a", say, other), ("b", look, say), ("c", {"type": "rest"}, {"type": "drop", "item": "bread"})):
            done = await ask(key, first)
            assert done.status_code == 200
            refused = await ask(key, second)
            assert (refused.status_code, refused.json()["code"]) == (409, "key_reused"), (first, second)
            assert (await ask(key, {**first, "id": 7})).json() == done.json()
        refused = await ask("d", {"type": "drop", "item": "no such thing"})
        assert refused.status_code == 422
        assert (await ask("d", {"type": "drop", "item": "no such thing"})).json() == refused.json()
        assert (await ask("d", look)).json()["code"] == "key_reused", "a refusal stays under its key"
    await mara.type("say the end")
    await tomas.until(lambda: tomas.heard("the end"))
    assert (tomas.heard("once"), tomas.heard("something else")) == (1, 0)


async def test_a_gift_changes_hands(server):
    """The giver has it no longer, the receiver has it, and both get the event."""
    mara, tomas = await Player.join(server), await Player.join(server)
    given = await mara.type(f"give 1 bread to {tomas.name}")
    assert given["ok"], given
    received = await tomas.sees("item_received")
    assert received["items"][0]["quantity"] == 1
    bag = (await tomas.type("i"))["data"]["inventory"]["items"]
    assert sum(one["quantity"] for one in bag if one["template"] == "ash_bread") == 3


async def test_a_searched_thing_is_empty_for_a_while(server):
    """The first player finds something; the second gets an error and keeps the stamina."""
    mara, tomas = await Player.join(server), await Player.join(server)
    assert (await mara.type("search shelf"))["ok"]
    second = await tomas.type("search shelf")
    assert second["error"]["code"] == "picked_clean"
    assert (await tomas.type("rest"))["data"]["you"]["stamina"] == 100


async def test_stamina_is_spent_and_comes_back(server):
    """Walking costs; a player with too little stays in the location; resting returns it faster."""
    mara = await Player.join(server)
    replies = [await mara.type(way) for _ in range(26) for way in ("north", "south")]
    refused = [reply for reply in replies if not reply["ok"]]
    assert {reply["error"]["code"] for reply in refused} <= {"exhausted", "flood"}
    assert "exhausted" in {reply["error"]["code"] for reply in refused}


async def test_the_body_stays_and_is_shown_as_link_dead(server):
    """A broken connection is announced after some seconds, and so is the return."""
    mara, tomas = await Player.join(server), await Player.join(server)
    await tomas.disconnect()
    tomas_linkdead = {"id": tomas.id, "name": tomas.name, "linkdead": True}
    await mara.until(lambda: any(one["data"].get("player") == tomas_linkdead for one in mara.events), within=15)
    here = (await mara.type("look"))["data"]["location"]["players"]
    assert {"id": tomas.id, "name": tomas.name, "linkdead": True} in here
    await tomas.connect(resume=True)
    await mara.until(
        lambda: any(one["data"].get("action") == "player_returned" and one["data"]["player"]["id"] == tomas.id for one in mara.events)
    )


async def test_a_name_is_found_with_a_straight_and_with_a_curly_apostrophe(server):
    """Phones type a curly one for the straight one; a name keeps the one that it was made with."""
    mara = await Player.join(server)
    for made, typed in (("'", "’"), ("’", "'")):
        other = Player(server)
        other.name = f"D{made}{other.name[:9]}"
        await other.register()
        await other.connect()
        reply = await mara.type(f"Whisper D{typed}{other.name[2:]}, “hush.”")
        assert reply["ok"], reply
        await other.until(lambda other=other: other.heard("“hush.”"))
